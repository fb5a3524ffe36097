/* lmtp_talk.h: replies of an LMTP talker, and what it asks its parent. */
#ifndef LMTP_TALK_H
#define LMTP_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "lmtp_receive.h"
#include "lmtp_session.h"
#include "lmtp_wire.h"
#include "str.h"

enum { TALK_NAME = 255 };

/* One client, and the message that is coming from it. */
struct talk {
	const struct lmtp_session	*session;
	const struct dialogue_command	*commands;	/* that there are */
	struct dialogue			*d;
	/* what the client calls itself, checked; "" before LHLO */
	char				 client[TALK_NAME + 1];
	char				 sender[LMTP_PATH_MAX];
	uint32_t			 sender_len;
	/* MAIL was accepted; it had SMTPUTF8 */
	bool				 has_sender, utf8;
	/* and SIZE=; 0: it had not */
	uint64_t			 size;
	unsigned			 recipients, bad;
	struct lmtp_receiving		 message;
	/* BDAT began it */
	bool				 in_chunks;
};

enum { TALK_REPLY = 420 };		/* of RFC 5321's 512 */

/* RFC 5321's reply for an outcome, with RFC 3463's code: in ASCII, no line end. */
void	talk_reply_text(const struct outcome *o, char reply[TALK_REPLY]);
void	talk_reply(struct talk *t, const struct outcome *o);

/* The reply to a wrong command; after 20 of them the conversation ends. */
void	talk_bad(struct talk *t, const char *reply);

/* 421: the conversation ends. */
void	talk_close(struct talk *t, enum dialogue_end end, const char *code,
	    const char *why);

/* False: the parent is gone, and the client was told so. */
bool	talk_ask(struct talk *t, enum lmtp_request_kind kind,
	    struct slice text);
bool	talk_hear(struct talk *t, struct outcome *o, int *fd);

/* Forgets what has come of a message. */
void	talk_no_message(struct talk *t);

/* Forgets it, sender and recipients, here and in the parent. */
void	talk_reset(struct talk *t);

#endif
