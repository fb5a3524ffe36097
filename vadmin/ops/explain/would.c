/* would.c: what would happen to a message, target by target. */
#include "would.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "admin_file.h"
#include "conf.h"
#include "mailbox.h"
#include "scope.h"
#include "usage.h"
#include "who.h"
#include "would_answer.h"

enum { KB = 1024 };

/* --- the message itself --------------------------------------------------- */

/* Then it is refused, whatever else there is. */
static bool
is_too_long(const struct would *w)
{
	uint64_t max = w->call->in.conf.max_message_size;

	return max != 0 && w->size > max;
}

/* False: it is too long. */
static bool
tell_size(struct would *w)
{
	const struct installation *in = &w->call->in;
	uint64_t max = in->conf.max_message_size;
	const char *where = installation_where(in, &w->plan->pool,
	    "max-message-size");

	if (is_too_long(w)) {
		would_fail(w, "size", outcome_make(OUTCOME_PERMANENT, "5.3.4",
		    "more than %" PRIu64 " bytes", max), where);
		return false;
	}
	if (max != 0)
		would_row(w, "size", pool_format(&w->plan->pool,
		    "up to %" PRIu64 " bytes are taken", max), where);
	return true;
}

static void
tell_loop(struct would *w, const struct target *t)
{
	would_row(w, "loop", pool_format(&w->plan->pool,
	    "5.4.6 where the message has \"Delivered-To: %s\" already, or more "
	    "than 100 Received fields", target_address(w->plan, t)), "");
}

/* --- sendmail --------------------------------------------------------------- */

static void
as_user(struct would *w, const char *step, const char *fmt, int known,
    const struct ident *who, const struct err *err)
{
	if (known == -1)
		would_row(w, step, err->text, "");
	else
		would_row(w, step, pool_format(&w->plan->pool, "%s as uid %u",
		    fmt, (unsigned)who->uid), "");
}

static void
to_sendmail(struct would *w, const struct target *t, const char *list_sender,
    const char *address)
{
	struct pool *pool = &w->plan->pool;
	const char *sender = list_sender != NULL && w->sender[0] != '\0' ?
	    list_sender : w->sender;
	struct ident who;
	struct err err;

	int known = who_sends(t->domain, &who, &err);
	as_user(w, "sendmail", pool_format(pool, "%s -f %s -- %s",
	    w->call->in.conf.sendmail, address_option(pool, sender), address),
	    known, &who, &err);
}

static void
hand_on(struct would *w, const struct target *t)
{
	if (t->domain != NULL)
		to_sendmail(w, t, t->list_sender, t->retry);
}

/* Its sender hears of it, or the MTA gets the mail for this target alone. */
static void
fail(struct would *w, const struct target *t, const char *step,
    struct outcome why, const char *where)
{
	if (!plan_hands_on(w->plan->recipients[0], t)) {
		would_fail(w, step, why, where);
		return;
	}
	would_row(w, step, pool_format(&w->plan->pool, "%s %s", why.code,
	    why.text), where);
	hand_on(w, t);
}

/* --- an account ----------------------------------------------------------- */

static const char *
file_of(struct would *w, const struct account *account, const char *ending)
{
	const struct domain *domain = account->domain;

	return pool_format(&w->plan->pool, "%s/files/%s/%s%s",
	    installation_path(domain->in, &w->plan->pool,
	    domain->in->conf.spool), domain->name, account->name, ending);
}

/* True: the message may become another one; -1: it fails. */
static int
pass_filter(struct would *w, const struct target *t)
{
	const struct account *account = t->account;
	const char *command = account->domain->conf.filter,
	    *own = file_of(w, account, ".filter");
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, word;
	struct err err;

	if (command[0] == '\0')
		return false;
	int got = admin_file_read(account->domain, own, &text, &err);
	if (got == -1) {
		fail(w, t, "filter", outcome_from_err(&err), own);
		return -1;
	}
	rest = str_slice(&text);
	if (slice_cut(&rest, '\n', &word) &&
	    slice_same(slice_trim(word), SLICE("no"))) {
		would_row(w, "filter", "left out", own);
		return false;
	}
	would_row(w, "filter", pool_format(&w->plan->pool,
	    "through \"%s\" as uid %u, which may change, drop or refuse it",
	    command, (unsigned)who_apart(account).uid),
	    domain_where(account->domain, &w->plan->pool, "filter"));
	return true;
}

static bool
is_mbox(struct would *w, const struct account *account)
{
	struct slice path = slice_of(mailbox_path(account, &w->plan->pool));
	struct stat st;

	return lstat(path.p, &st) == 0 ? !S_ISDIR(st.st_mode) :
	    account->domain->conf.mailbox != MAILBOX_MAILDIR &&
	    !slice_ends(path, "/");
}

/* A delivery puts "Return-Path: <SENDER>" and "Delivered-To: ADDRESS" on top,
 * and into an mbox a line "From SENDER DATE", and an empty one behind it.  What
 * it quotes cannot be known. */
static uint64_t
delivered_size(struct would *w, const struct target *t)
{
	SCOPED(drop_str) struct str sender = { 0 };
	uint64_t more = sizeof "Return-Path: <>\n" - 1 +
	    sizeof "Delivered-To: \n" - 1 +
	    strlen(target_address(w->plan, t));

	if (w->size == 0)
		return 0;
	address_add_sender(&sender, w->sender);
	more += sender.len;
	if (is_mbox(w, t->account))
		more += sizeof "From  Thu Jan  1 00:00:00 1970\n\n" - 1 +
		    (sender.len > 0 ? sender.len : sizeof "MAILER-DAEMON" - 1);
	return w->size > UINT64_MAX - more ? UINT64_MAX : w->size + more;
}

static struct outcome
full(const struct account *account)
{
	return account->domain->conf.over_quota == OVER_QUOTA_DEFER ?
	    outcome_make(OUTCOME_TEMPORARY, "4.2.2", "mailbox full") :
	    outcome_make(OUTCOME_PERMANENT, "5.2.2", "mailbox full");
}

static const char *
room_text(struct would *w, const struct usage *usage, uint64_t size)
{
	struct usage then = *usage;

	then.used = then.used > UINT64_MAX - size ? UINT64_MAX :
	    then.used + size;
	return pool_format(&w->plan->pool, "%" PRIu64 " of %" PRIu64 " kB are "
	    "used%s", usage->used / KB, usage->limit.bytes / KB,
	    usage_is_near(&then) && !usage_is_near(usage) ?
	    "; a warning at nine tenths follows" : "");
}

static const char *
where_limit(struct would *w, const struct account *account, bool own)
{
	struct pool *pool = &w->plan->pool;
	const struct domain *domain = account->domain;

	return !own ? domain_where(domain, pool, "inbox-limit") :
	    pool_format(pool, "%s/%s/%s.quota", installation_path(domain->in,
	    pool, domain->in->conf.spool), domain->name, account->name);
}

/* A filter's output may be of any size.  False: there is no room. */
static bool
check_limit(struct would *w, const struct target *t, bool filtered)
{
	const struct account *account = t->account;
	uint64_t size = delivered_size(w, t);
	struct usage usage;
	struct err err;

	if (usage_measure(&account, 1, &usage, &err) == -1 || !usage.known) {
		would_row(w, "limit", "not known", where_limit(w, account,
		    true));
		return true;
	}
	const char *where = where_limit(w, account, usage.limit.own);
	uint64_t most = usage.limit.bytes;
	bool too_much = most != LIMIT_NONE && (usage.used >= most ||
	    (!filtered && size > most - usage.used));
	if (usage.limit.disabled)
		fail(w, t, "limit", outcome_make(OUTCOME_PERMANENT, "5.2.1",
		    "the mailbox accepts no mail"), where);
	else if (too_much)
		fail(w, t, "limit", full(account), where);
	else
		would_row(w, "limit", most == LIMIT_NONE ? "none" :
		    room_text(w, &usage, size),
		    most == LIMIT_NONE ? "" : where);
	return !usage.limit.disabled && !too_much;
}

/* --- the kinds ------------------------------------------------------------ */

static void
to_account(struct would *w, const struct target *t)
{
	tell_loop(w, t);
	int filtered = pass_filter(w, t);
	if (filtered != -1 && check_limit(w, t, filtered))
		would_vacation(w, t);
}

static void
to_command(struct would *w, const struct target *t)
{
	struct ident who = { 0, 0 };
	struct err err;
	int known = 0;

	if (t->account != NULL)
		who = who_apart(t->account);
	else
		known = who_commands(t->domain, &who, &err);
	as_user(w, "command", "/bin/sh -c", known, &who, &err);
}

static void
to_file(struct would *w, const struct target *t)
{
	struct ident who;
	struct err err;
	int known = who_writes(t->domain->in, &who, &err);

	as_user(w, "file", "appended like an mbox", known, &who, &err);
}

void
would_target(struct would *w, const struct target *t)
{
	if (t->kind == TARGET_FAILURE) {
		if (!is_too_long(w) && plan_hands_on(w->plan->recipients[0],
		    t))
			hand_on(w, t);
		else
			would_hear(w, &t->failure);
		return;
	}
	if (!tell_size(w))
		return;
	switch (t->kind) {
	case TARGET_ACCOUNT:
		to_account(w, t);
		break;
	case TARGET_COMMAND:
		tell_loop(w, t);
		to_command(w, t);
		break;
	case TARGET_FILE:
		tell_loop(w, t);
		to_file(w, t);
		break;
	case TARGET_REMOTE:
		to_sendmail(w, t, t->sender, t->text);
		break;
	case TARGET_AUTO:
		would_auto(w, t);
		break;
	case TARGET_FAILURE:
		break;
	}
}
