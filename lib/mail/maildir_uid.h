/* maildir_uid.h: the unique id of a message in a Maildir, which its name tells:
 * its unique name, as long as that is one; else a hash.
 *
 * Nothing that others are or do counts: maildir_scan_apart() saw to it that no
 * other has its unique name.
 */
#ifndef MAILDIR_UID_H
#define MAILDIR_UID_H

#include <stdbool.h>

#include "maildrop.h"

void	maildir_uid(const char *name, char uid[MAILDROP_UID_MAX + 1]);

/* Else it is a hash of the whole base: another name has another one. */
bool	maildir_uid_is_unique_name(const char *name);

#endif
