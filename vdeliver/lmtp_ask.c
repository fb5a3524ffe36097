/* lmtp_ask.c: how a talker asks its parent. */
#include "lmtp_ask.h"

#include <string.h>

#include "packet.h"

int
lmtp_ask(int parent, enum lmtp_request_kind kind, struct slice text,
    uint64_t size)
{
	struct lmtp_request request = { .kind = kind, .size = size };

	if (text.len > sizeof request.text)
		return -1;
	request.len = (uint32_t)text.len;
	if (text.len > 0)
		memcpy(request.text, text.p, text.len);
	return packet_send(parent, &request, sizeof request);
}

int
lmtp_hear(int parent, struct outcome *outcome, int *fd)
{
	const struct deadline never = { INT64_MAX };
	struct lmtp_answer answer;
	int heard = fd != NULL ?
	    packet_receive_fd(parent, &answer, sizeof answer, fd, never) :
	    packet_receive(parent, &answer, sizeof answer, never);

	if (heard == 0)
		*outcome = answer.outcome;
	return heard;
}
