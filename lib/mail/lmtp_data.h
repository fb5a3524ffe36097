/* lmtp_data.h: what follows DATA or BDAT, on its way to a message (RFC 5321
 * 4.5.2, RFC 3030).
 *
 * CRLF becomes LF, a dot at the start of a line goes, and CRLF.CRLF alone is
 * the end.  A bare CR or LF is data and begins no line: who takes "\n.\n" for
 * the end can be made to take the rest of a message for commands.  BDAT tells how
 * long it is: there a dot is a dot, and nothing in the data is the end.
 */
#ifndef LMTP_DATA_H
#define LMTP_DATA_H

#include <stdbool.h>

#include "str.h"

/* A zero value is the start of the data, which is the start of a line. */
struct lmtp_data {
	enum {
		LMTP_AT_START,		/* of a line: behind CRLF */
		LMTP_IN_LINE,
		LMTP_AFTER_CR,
		LMTP_AFTER_DOT,		/* that began a line */
		LMTP_AFTER_DOT_CR,
		LMTP_AT_END,
	}	state;
};

/* Takes what it can of in, which moves on, and adds the message's bytes to
 * out.  True: the end was found, and *in is what follows it. */
bool	lmtp_data_decode(struct lmtp_data *data, struct slice *in,
	    struct str *out);

/* All of in, which is a chunk of BDAT's or a piece of one.  A line end may lie
 * on both sides of where a chunk ends. */
void	lmtp_data_decode_chunk(struct lmtp_data *data, struct slice in,
	    struct str *out);

/* No chunk follows. */
void	lmtp_data_end(struct lmtp_data *data, struct str *out);

#endif
