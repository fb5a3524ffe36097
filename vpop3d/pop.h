/* pop.h: a POP3 conversation: lines in, replies out, and tables of commands.
 *
 * Replies are collected and written when the client has sent nothing more
 * that could be answered at once, or when the buffer is full.
 */
#ifndef POP_H
#define POP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "str.h"
#include "wire.h"

enum { POP_LINE = 4096, POP_OUTPUT = 65536 };

struct pop {
	int		 in, out;
	/* readable when we are to end; -1: not watched */
	int		 stop;
	int64_t		 idle_ms;	/* each wait for the client at most */
	struct deadline	 limit;		/* and none beyond this */
	enum pop_end	 end;		/* END_NONE: it goes on */

	size_t		 start, len;	/* of what is read and not used yet */
	/* over the rest of a line that was too long */
	bool		 skipping;
	char		 input[POP_LINE];

	size_t		 waiting;	/* bytes of output */
	char		 output[POP_OUTPUT];
};

struct pop_command {
	const char	*name;
	unsigned	 min, max;	/* of its arguments */
	/* the argument is all that follows the first blank */
	bool		 rest;
	void		(*run)(void *session, const struct slice *args,
	    size_t count);
};
enum { POP_ARGUMENTS = 3 };

/* 1: *line is the next one, without its end (LF or CRLF), valid until the
 * next call.  0: it was too long, and is gone.  -1: pop->end says why there
 * are no more. */
int	pop_line(struct pop *pop, struct slice *line);

/* Runs the line by the table that ends with a zero row.  False: there is no
 * such command, or not with such arguments; nothing was done. */
bool	pop_run(const struct pop_command *table, void *session,
	    struct slice line);

/* Adds to the output; writes where the buffer is full. */
void	pop_add(struct pop *pop, const void *p, size_t len);

/* One line; CRLF is added. */
void	pop_reply(struct pop *pop, const char *fmt,
	    ...) __attribute__((format(printf, 2, 3)));

/* Room for at least one byte of output: its place and size.  pop_used() says
 * how much was filled in. */
char	*pop_room(struct pop *pop, size_t *size);
void	pop_used(struct pop *pop, size_t len);

/* Writes what waits. */
void	pop_flush(struct pop *pop);

#endif
