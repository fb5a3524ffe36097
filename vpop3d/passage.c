/* passage.c: a client and the native pop3d, with a process of ours between
 * them. */
#include "passage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "carry.h"
#include "confine.h"
#include "dialogue.h"
#include "mem.h"
#include "native_login.h"
#include "packet.h"
#include "scope.h"

enum { HANDOVER_MS = 10000 };

static int
give_up_rights(const struct passage_start *start, struct err *err)
{
	const int keep[] = { start->parent, start->native, start->native_pidfd,
	    start->stop, start->root };

	confine_fds(keep, start->root == -1 ? 4 : 5);
	if (confine_to(start->root, 0, err) == -1)
		return err_within(err, "cannot give up rights");
	confine_fds(keep, 4);
	return 0;
}

static struct carry *
make_carry(const struct passage_start *start)
{
	struct carry *carry = mem_alloc(sizeof *carry);

	carry->to_server.from = STDIN_FILENO;
	carry->to_server.to = start->native;
	carry->to_client.from = start->native;
	carry->to_client.to = STDOUT_FILENO;
	carry->server = start->native_pidfd;
	carry->stop = start->stop;
	carry->idle_ms = start->idle_ms;
	return carry;
}

/* No secret is left behind in this process. */
static enum verdict
log_in(const struct passage_start *start, struct carry *carry,
    struct opened *told)
{
	SCOPED(drop_dialogue) struct dialogue *native = dialogue_new(
	    start->native, start->native, start->stop, 0);
	struct slice first = { 0 };

	native->limit = start->limit;
	enum verdict verdict = native_login(native, start->request, &first,
	    told);
	if (verdict == VERDICT_OPEN)
		carry_put(&carry->to_client, first);
	explicit_bzero(start->request, sizeof *start->request);
	return verdict;
}

/* The parent lets us begin when the talker is gone. */
static int
take_over(const struct passage_start *start, struct carry *carry)
{
	struct ahead ahead;

	if (packet_receive(start->parent, &ahead, sizeof ahead,
	    deadline_in(HANDOVER_MS)) == -1 || ahead.len > sizeof ahead.bytes)
		return -1;
	carry_put(&carry->to_server, (struct slice){ ahead.bytes, ahead.len });
	return 0;
}

static void
pass_on(const struct passage_start *start, struct carry *carry)
{
	struct passed passed = { .end = CARRY_ERROR };

	if (take_over(start, carry) == 0)
		passed.end = (uint32_t)carry_run(carry);
	passed.from_client = carry->to_server.octets;
	passed.to_client = carry->to_client.octets;
	packet_send(start->parent, &passed, sizeof passed);
}

void
passage_run(const struct passage_start *start)
{
	struct opened told = { .verdict = VERDICT_TEMPORARY };
	SCOPED(drop_mem) struct carry *carry = make_carry(start);
	struct err err;

	if (give_up_rights(start, &err) == -1)
		snprintf(told.text, sizeof told.text, "%s", err.text);
	else
		told.verdict = log_in(start, carry, &told);
	packet_send(start->parent, &told, sizeof told);
	if (told.verdict == VERDICT_OPEN)
		pass_on(start, carry);
}
