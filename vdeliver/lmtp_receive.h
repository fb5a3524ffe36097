/* lmtp_receive.h: a message on its way from the client into its file. */
#ifndef LMTP_RECEIVE_H
#define LMTP_RECEIVE_H

#include <stdint.h>

#include "dialogue.h"

enum lmtp_received {
	LMTP_RECEIVED,		/* all of it is in the file */
	LMTP_TOO_LONG,
	LMTP_NOT_STORED,	/* errno told why: a full disk, most often */
	LMTP_CUT_OFF,		/* the connection ended before the data */
};

/* Reads up to CRLF.CRLF and writes what is to be delivered into file: received
 * (a whole header field) on top, without a leading "From " line.  Also after a
 * failure the data is read to its end, because the client reads no reply
 * before.  max: bytes of the message, 0: no limit. */
enum lmtp_received lmtp_receive(struct dialogue *d, int file, uint64_t max,
	    const char *received);

#endif
