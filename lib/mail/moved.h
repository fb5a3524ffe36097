/* moved.h: the mark that stands where mail was, and is no longer.
 *
 * vadmin moves a domain's directories and an account's inbox while mail flows.
 * Who read before that where they are must not make them anew: so their old
 * names become marks, symbolic links to "./NEW NAME", which nobody follows.
 */
#ifndef MOVED_H
#define MOVED_H

#include <stdbool.h>

#include "err.h"

#define MOVED	"./"

/* True: dir/name is a mark, and err says so, ERR_TEMPORARY: the caller's next
 * try finds what was moved. */
bool	moved_is_mark(int dir, const char *name, struct err *err);

#endif
