/* maildir_told.h: the octets of a message as its name in a Maildir tells them,
 * without a look into the file.
 *
 * Whoever writes the file writes the name: it is believed where it can be true,
 * and where it can be changed when it turns out not to be.
 */
#ifndef MAILDIR_TOLD_H
#define MAILDIR_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "maildir.h"

/* Names can be changed there. */
bool	maildir_told_can_be_mended(const struct maildir *dirs);

/* *octets is what the name tells.  False: it tells nothing, or nothing that can
 * be true of a file of this size in bytes. */
bool	maildir_told(const char *name, uint64_t size, uint64_t *octets);

/* The file gets maildir_name_without() octets as its name: its unique name, its
 * flags and its size in bytes stay.  -1, and errno tells why. */
int	maildir_told_take_out(int dir, const char *name);

#endif
