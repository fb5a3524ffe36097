/* lmtp_message.h: DATA and BDAT: a message comes, and is delivered (RFC 2033
 * 4.2 and 4.3, RFC 3030). */
#ifndef LMTP_MESSAGE_H
#define LMTP_MESSAGE_H

#include "str.h"

/* For the table of commands; session is a struct talk (lmtp_talk.h). */
void	lmtp_message_data(void *session, const struct slice *args,
	    size_t count);
void	lmtp_message_bdat(void *session, const struct slice *args,
	    size_t count);

#endif
