/* session.c: a client and its own mailbox: becoming its owner, opening it. */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "confine.h"
#include "maildrop.h"
#include "ident.h"
#include "mailbox.h"
#include "packet.h"
#include "pool.h"
#include "scope.h"
#include "transaction.h"
#include "wire.h"

enum { HANDOVER_MS = 10000 };

/* Everything after this runs as who the mailbox belongs to. */
static int
become_owner(const struct session_start *start, struct err *err)
{
	pid_t parent = getppid();

	if (ident_become(account_identity(start->account), err) == -1)
		return -1;
	/* A session outlives its parent, but only to end. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
		return err_set(err, ERR_TEMPORARY,
		    "the parent process is gone");
	return 0;
}

/* A mailbox whose directories nobody has needed yet is empty. */
static int
open_maildrop(const struct session_start *start, struct pool *pool,
    struct mailbox *mailbox, struct maildrop **drop, struct err *err)
{
	const struct vmail_conf *conf = &start->account->domain->in->conf;

	if (mailbox_open(start->account, false, pool, mailbox, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
		*drop = maildrop_empty();
		return 0;
	}
	return maildrop_open(mailbox,
	    deadline_in((int64_t)conf->lock_timeout * 1000), drop, err);
}

static enum verdict
verdict_of(const struct err *err)
{
	switch (err->kind) {
	case ERR_BUSY:
		return VERDICT_IN_USE;
	case ERR_REFUSED:
		return VERDICT_REFUSED;
	default:
		return VERDICT_TEMPORARY;
	}
}

/* The parent lets us begin when the talker is gone. */
static struct dialogue *
take_over(const struct session_start *start, struct err *err)
{
	const struct vmail_conf *conf = &start->account->domain->in->conf;
	struct ahead ahead;

	if (packet_receive(start->parent, &ahead, sizeof ahead,
	    deadline_in(HANDOVER_MS)) == -1 || ahead.len > sizeof ahead.bytes) {
		err_fill(err, ERR_TEMPORARY,
		    "the connection was not handed over");
		return NULL;
	}
	struct dialogue *client = dialogue_new(STDIN_FILENO, STDOUT_FILENO,
	    start->stop, (int64_t)conf->idle_timeout * 1000);
	client->rests = true;
	dialogue_ahead(client, ahead.bytes, ahead.len);
	return client;
}

static void
serve(const struct session_start *start, struct dialogue *client,
    struct maildrop **drop, struct report *report)
{
	struct transaction t = {
		.client = client, .drop = *drop, .name = start->name,
		.keeps_all = start->keeps_all,
		.login_delay = start->account->domain->conf.login_delay,
		.report = report, .lock_ms =
		start->account->domain->in->conf.lock_timeout * 1000,
	};

	dialogue_reply(client, "+OK %zu messages", t.drop->count);
	transaction_run(&t);
	*drop = t.drop;			/* QUIT has released it */
	report->end = client->end;
}

static int
open_as_owner(const struct session_start *start, struct pool *pool,
    struct mailbox *mailbox, struct maildrop **drop, struct err *err)
{
	const int keep[] = { start->parent, start->stop };

	confine_fds(keep, 2);
	return become_owner(start, err) == -1 ? -1 :
	    open_maildrop(start, pool, mailbox, drop, err);
}

static void
tell_opened(const struct session_start *start, int opened,
    const struct err *err)
{
	struct opened told = { .verdict = VERDICT_OPEN };

	if (opened == -1) {
		told.verdict = verdict_of(err);
		snprintf(told.text, sizeof told.text, "%s", err->text);
	}
	packet_send(start->parent, &told, sizeof told);
}

void
session_run(const struct session_start *start)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;
	SCOPED(drop_dialogue) struct dialogue *client = NULL;
	struct report report = { .end = END_ERROR };
	struct err err = { 0 };

	int opened = open_as_owner(start, &pool, &mailbox, &drop, &err);
	tell_opened(start, opened, &err);
	if (opened == -1)
		return;
	client = take_over(start, &err);
	if (client != NULL)
		serve(start, client, &drop, &report);
	else
		snprintf(report.text, sizeof report.text, "%s", err.text);
	/* the mailbox is free before the end is told */
	drop_maildrop(&drop);
	packet_send(start->parent, &report, sizeof report);
}
