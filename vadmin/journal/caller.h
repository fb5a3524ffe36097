/* caller.h: who calls, and from where, as the journal names them. */
#ifndef CALLER_H
#define CALLER_H

#include "pool.h"

/* "root", or "root (sudo joe)"; a uid where there is no name. */
const char *caller_name(struct pool *pool);

/* "/dev/pts/3 192.0.2.7": the terminal, and the address that sshd named; either
 * may be missing. */
const char *caller_place(struct pool *pool);

#endif
