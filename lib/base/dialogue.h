/* dialogue.h: a conversation with a client: lines in, replies out, and tables
 * of commands, as POP3 and LMTP have them.
 *
 * Replies are collected and written when the client has sent nothing more
 * that could be answered at once, or when the buffer is full.
 */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"
#include "str.h"

enum {
	DIALOGUE_LINE	= 4096,		/* the longest, with its end */
	DIALOGUE_INPUT	= 65536,
	DIALOGUE_OUTPUT	= 65536,
};

/* How a conversation ended. */
enum dialogue_end {
	END_NONE,
	END_QUIT,
	END_TIMEOUT,		/* the client was silent, or did not read */
	END_HANGUP,		/* the client went away */
	END_TERMINATED,		/* we were told to end */
	/* ours: a message could not be read, a process died */
	END_ERROR,
	END_REFUSED,		/* too many wrong commands or passwords */
};
const char	*dialogue_end_name(enum dialogue_end end);

struct dialogue {
	int		 in, out;
	/* readable when we are to end; -1: not watched */
	int		 stop;
	int64_t		 idle_ms;	/* each wait for the client at most */
	struct deadline	 limit;		/* and none beyond this */
	enum dialogue_end end;		/* END_NONE: it goes on */
	/* more than DIALOGUE_LINE bytes are read at once */
	bool		 reads_ahead;
	/* memory is given back when the client is silent (MEM_REST_MS) */
	bool		 rests;

	size_t		 start, len;	/* of what is read and not used yet */
	/* over the rest of a line that was too long */
	bool		 skipping;
	/* how far they were written to: what lies behind costs no memory */
	size_t		 input_touched, output_touched;
	size_t		 waiting;	/* bytes of output */

	char		 input[DIALOGUE_INPUT];
	char		 output[DIALOGUE_OUTPUT];
};

/* The caller sets what else it wants before the first line: by default there
 * is no limit but idle_ms.  Its end clears what was read and written. */
struct dialogue	*dialogue_new(int in, int out, int stop, int64_t idle_ms);
void	drop_dialogue(struct dialogue **d);

struct dialogue_command {
	const char	*name;
	unsigned	 min, max;	/* of its arguments */
	/* the argument is all that follows the first blank */
	bool		 rest;
	/* false: it is as if it were not in the table; NULL: it always is */
	bool		(*available)(const void *session);
	void		(*run)(void *session, const struct slice *args,
	    size_t count);
};
enum { DIALOGUE_ARGUMENTS = 3 };

/* 1: *line is the next one, without its end (LF or CRLF), valid until the
 * next call.  0: it was too long, and is gone.  -1: d->end says why there
 * are no more. */
int	dialogue_line(struct dialogue *d, struct slice *line);

/* The same for a line of up to max bytes with its end, a multiple of
 * DIALOGUE_LINE, and less than DIALOGUE_INPUT. */
int	dialogue_long_line(struct dialogue *d, size_t max, struct slice *line);

/* For who works long without a word to the client, and without waiting:
 * END_TERMINATED, END_HANGUP (it went away, or will say no more, and all that
 * it said is read and used), else END_NONE.  d stays as it is. */
enum dialogue_end dialogue_look(const struct dialogue *d);

/* What was read and not used yet, at least one byte; dialogue_take() says how
 * much of it was used.  -1 as above. */
int	dialogue_peek(struct dialogue *d, struct slice *bytes);
void	dialogue_take(struct dialogue *d, size_t len);

/* What the client has sent already, before anything is read; less than
 * DIALOGUE_INPUT bytes. */
void	dialogue_ahead(struct dialogue *d, const void *p, size_t len);

/* Clears all that was used: lines that dialogue_line() gave are no more. */
void	dialogue_forget(struct dialogue *d);

/* Clears all that was read and written, used or not. */
void	dialogue_clear(struct dialogue *d);

/* Runs the line by the table that ends with a zero row.  False: there is no
 * such command, or not with such arguments; nothing was done. */
bool	dialogue_run(const struct dialogue_command *table, void *session,
	    struct slice line);

/* Adds to the output; writes where the buffer is full. */
void	dialogue_add(struct dialogue *d, const void *p, size_t len);

/* One line; CRLF is added. */
void	dialogue_reply(struct dialogue *d, const char *fmt,
	    ...) __attribute__((format(printf, 2, 3)));

/* Room for at least one byte of output: its place and size.  dialogue_used()
 * says how much was filled in. */
char	*dialogue_room(struct dialogue *d, size_t *size);
void	dialogue_used(struct dialogue *d, size_t len);

/* Writes what waits. */
void	dialogue_flush(struct dialogue *d);

#endif
