/* message.h: a message on its way in: all of its bytes, and its header.
 *
 * Bytes are kept as they are.  Up to MESSAGE_MEMORY of them stay in memory;
 * what is longer goes into a file without a name.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "err.h"
#include "octets.h"
#include "str.h"
#include "stream.h"

enum {
	MESSAGE_MEMORY	= 256 * 1024,	/* also how far a header is looked at */
	/* more Received fields than this are a loop */
	MESSAGE_HOPS	= 100,
};

struct message {
	struct str	memory;		/* the beginning, or all of it */
	int		file;		/* all of it, or -1 */
	uint64_t	size;
	/* Received fields that we have put on top */
	unsigned	own_hops;
	/* of the file, when it is a whole delivery: trace and header */
	uint64_t	top;
	struct octets	octets;		/* and of it then */
	/* bytes of the message that top stands for */
	uint64_t	skipped;
	/* trace and header of the content that was asked for last */
	struct str	head;
};
#define MESSAGE_NONE	((struct message){ .file = -1 })

struct message_intake {
	/* bytes; more is ERR_REFUSED; 0 = no limit */
	uint64_t	 max;
	struct deadline	 deadline;
	/* Opens the unnamed file when the message is too long for memory. */
	int		(*open_file)(void *arg, int *fd, struct err *err);
	void		*arg;
	/* NULL: the file gets the bytes as they come.  Else it becomes a whole
	 * delivery (see message_content()), which can be given a name. */
	const char	*trace;
};

/* Reads fd to its end. */
int	message_read(int fd, const struct message_intake *intake,
	    struct message *out, struct err *err);

/* The message is what fd, which becomes the message's, holds; nothing of it is
 * read. */
int	message_adopt(int fd, struct message *out, struct err *err);

/* Reads the beginning of an adopted message: whoever looks at it or gives it
 * out does that first.  Nothing for one that was read in. */
int	message_load(struct message *message, struct err *err);
void	drop_message(struct message *message);

/* The delivery: trace on top, then the message without a leading "From " line
 * and without the Return-Path fields of its header.  Everything in content is
 * borrowed from message and trace.  True: message->file is just that. */
bool	message_content(struct message *message, const char *trace,
	    struct stream *content);

/* The text of the first Message-ID field, as it is; empty: there is none. */
struct slice message_id(const struct message *message);

/* ERR_REFUSED "mail loop": it carries Delivered-To: address already, or more
 * than MESSAGE_HOPS Received fields of others.  address NULL: only the hops
 * count. */
int	message_check_loop(const struct message *message, const char *address,
	    struct err *err);

#endif
