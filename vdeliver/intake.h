/* intake.h: where a message is kept while it is nobody's yet, and reading it
 * from standard input.
 *
 * Reading is done by the courier of the one account that it is for, or by the
 * parent for several targets; the parent copies bytes and looks into none of
 * them.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "job.h"

/* For several targets: as the bytes come; what is too long for memory goes into
 * intake_open_file()'s. */
struct outcome	intake_for_all(struct job *job);

/* For one: see struct message_intake. */
struct outcome	intake_read(struct job *job,
	    int (*open_file)(void *, int *, struct err *),
		    void *arg, const char *trace);

/* A file without a name for a message that is nobody's yet: in the spool, or
 * where this process may not write there, in /var/tmp. */
int	intake_open_file(const struct installation *in, int *fd,
	    struct err *err);

/* A file without a name in directory dir. */
int	intake_unnamed_file(int dir, int *fd, struct err *err);

#endif
