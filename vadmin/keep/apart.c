/* apart.c: work that is done by a child that has become somebody else. */
#include "apart.h"

#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "packet.h"
#include "scope.h"

/* A mailbox may be large, and its disk slow. */
enum { LONGEST_MS = 24 * 60 * 60 * 1000 };

static _Noreturn void
work_as(struct ident who, apart_work *work, void *arg, int answer)
{
	struct err err = { 0 };
	/* the journal is the parent's */
	change_watch(NULL);
	int got = ident_become(who, &err) == -1 ? -1 : work(arg, &err);

	if (got == 0)
		err = (struct err){ 0 };
	else if (err.kind == ERR_NONE)
		err_fill(&err, ERR_TEMPORARY, "it failed");
	_exit(packet_send(answer, &err, sizeof err) == -1 || got == -1);
}

int
apart_begin(struct apart *a, struct ident who, apart_work *work, void *arg,
    struct err *err)
{
	SCOPED(drop_fd) int end = -1;
	int got = packet_fork(&a->child, &end, err);

	if (got == 0)
		work_as(who, work, arg, end);
	if (got == -1)
		return -1;
	a->answer = end;
	end = -1;
	return 0;
}

int
apart_end(struct apart *a, struct err *err)
{
	struct deadline d = deadline_in(LONGEST_MS);
	struct err said = { 0 };
	int got = packet_receive(a->answer, &said, sizeof said, d), status;

	if (child_wait(&a->child, d, &status, err) == -1)
		return -1;
	if (got == -1 || (said.kind == ERR_NONE && status != 0))
		return err_set(err, ERR_TEMPORARY,
		    "the process that had become the account ended early");
	if (said.kind == ERR_NONE)
		return 0;
	said.text[sizeof said.text - 1] = '\0';
	return err_set(err, said.kind > ERR_FULL ? ERR_TEMPORARY : said.kind,
	    "%s", said.text);
}

void
drop_apart(struct apart *a)
{
	drop_child(&a->child);
	drop_fd(&a->answer);
}

int
apart_do(struct ident who, apart_work *work, void *arg, struct err *err)
{
	SCOPED(drop_apart) struct apart apart = APART_NONE;

	return apart_begin(&apart, who, work, arg, err) == -1 ? -1 :
	    apart_end(&apart, err);
}
