/* lmtp_receive.h: a message on its way from the client into its file. */
#ifndef LMTP_RECEIVE_H
#define LMTP_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "dialogue.h"
#include "lmtp_data.h"
#include "outcome.h"

struct lmtp_receiving {
	/* what is to be delivered goes there; -1: nowhere, outcome says why */
	int			 file;
	/* a whole header field, for the top */
	struct str		 received;
	uint64_t		 max;		/* bytes of the message, 0: no limit */
	/* OUTCOME_DONE while nothing is wrong with it: else it is too long, or
	 * could not be stored, and the rest of it is thrown away */
	struct outcome		 outcome;

	struct lmtp_data	 data;
	uint64_t		 size;		/* of the message, as it came */
	bool			 begun;		/* its first line was looked at */
	struct str		 text;		/* decoded, and not written yet */
};
#define LMTP_RECEIVING_NONE	((struct lmtp_receiving){ .file = -1 })

void	drop_lmtp_receiving(struct lmtp_receiving *receiving);

/* What follows DATA, up to CRLF.CRLF; or a chunk of so many octets.  A leading
 * "From " line of the message is left out.  What is wrong with it is told by
 * the outcome: its data is read in any case, because the client reads no reply
 * before.  False: the connection ended within it. */
bool	lmtp_receive_data(struct dialogue *d, struct lmtp_receiving *receiving);
bool	lmtp_receive_chunk(struct dialogue *d, struct lmtp_receiving *receiving,
	    uint64_t octets);

/* It has come to its end: what waits is written. */
void	lmtp_receive_end(struct lmtp_receiving *receiving);

#endif
