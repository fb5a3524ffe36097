/* would_answer.c: whether a sender would get an automatic answer. */
#include "would_answer.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "admin_file.h"
#include "answer.h"
#include "away.h"
#include "away_text.h"
#include "peek.h"
#include "scope.h"
#include "who.h"

enum { DAY = 86400 };

/* --- the sender ----------------------------------------------------------- */

static const char *
real_domain(void *arg, const char *domain)
{
	struct would *w = arg;
	const char *real;
	struct err unused;

	return domain_real_name(&w->call->in, &w->plan->pool,
	    slice_of(domain), &real, &unused) == 0 ? real : NULL;
}

/* Of a message that says nothing of itself, and that was written to it: what
 * is left is who sent it. */
static enum answer_verdict
judge(struct would *w, const struct target *t, enum answer_kind kind)
{
	struct pool *pool = &w->plan->pool;
	struct answer_own own;

	answer_own_addresses(t, pool, &own);
	own.real = real_domain;
	own.arg = w;
	const char *message = pool_format(pool, "To: %s\n\n",
	    target_address(w->plan, t));
	return answer_judge(&(struct answer_question){
	    .kind = kind, .sender = w->sender, .own = &own, .whole = true,
	    .message = slice_of(message) });
}

/* As the index has it. */
static const char *
key_of(struct would *w)
{
	struct address to;
	struct err unused;

	return answer_recipient(&w->plan->pool, w->sender, &to,
	    &unused) == -1 ? "" : address_text(&w->plan->pool, to.local,
	    to.domain);
}

static void
tell(struct would *w, const char *step, enum answer_verdict verdict,
    const char *condition, const char *where)
{
	if (verdict == ANSWER_SENT)
		would_row(w, step, pool_format(&w->plan->pool,
		    "answers %s%s", w->sender, condition), where);
	else
		would_row(w, step, pool_format(&w->plan->pool,
		    "no answer: %s", answer_name(verdict)), where);
}

/* --- a vacation ----------------------------------------------------------- */

/* What root left there is the account's with the next delivery; an empty one
 * knows nobody. */
static bool
is_roots(const char *path, bool *empty)
{
	struct stat st;

	bool roots = lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == 0 && geteuid() == 0;
	*empty = roots && st.st_size == 0;
	return roots;
}

static enum answer_verdict
vacation_known(struct would *w, const struct account *account,
    enum vacation_place place, const struct away_text *text)
{
	struct vacation_files files = vacation_files(account, place,
	    &w->plan->pool);
	const struct peek question = {
		.who = place == VACATION_FILES ? account_identity(account) :
		who_apart(account),
		.directory = files.directory, .index = files.index,
		.kind = "once", .amount = DAY * (text->has_days ? text->days :
		account->domain->conf.vacation_days),
	};
	bool empty;
	struct err err;

	if (place == VACATION_FILES && is_roots(pool_format(&w->plan->pool,
	    "%s/%s", files.directory, files.index), &empty)) {
		if (!empty)
			note("%s/%s is root's: who was answered is not known "
			    "before the next delivery gives it to the account",
			    files.directory, files.index);
		return ANSWER_SENT;
	}
	enum answer_verdict verdict = peek(&question, key_of(w), &err);
	if (verdict == ANSWER_BROKEN_INDEX)
		note("%s", err.text);
	return verdict;
}

void
would_vacation(struct would *w, const struct target *t)
{
	const struct account *account = t->account;
	struct away_state state;
	struct away_text text = { .verdict = ANSWER_NO_TEXT };
	struct err err;

	if (away_look(account, &state, &err) == -1) {
		would_row(w, "vacation", "not known", "");
		return;
	}
	if (state.place == VACATION_NONE) {
		would_row(w, "vacation", "off", "");
		return;
	}
	struct vacation_files files = vacation_files(account, state.place,
	    &w->plan->pool);
	enum answer_verdict verdict = judge(w, t, ANSWER_VACATION);
	if (verdict == ANSWER_SENT)
		verdict = away_read_text(account, state.place, &text,
		    &err) == -1 ? ANSWER_BAD_TEXT : text.verdict;
	if (verdict == ANSWER_SENT)
		verdict = vacation_known(w, account, state.place, &text);
	tell(w, "vacation", verdict, ", unless the message is a list's or a "
	    "program's, or names another recipient in To and Cc",
	    pool_format(&w->plan->pool, "%s/%s", files.directory,
	    files.text));
}

/* --- an autoresponder ----------------------------------------------------- */

/* Who is not root, and has no STATE, remembers beside the text. */
static bool
find_index(struct would *w, const struct target *t, const char *name,
    struct peek *question)
{
	const struct installation *in = &w->call->in;
	struct pool *pool = &w->plan->pool;
	const struct { const char *directory, *index; } places[] = {
		{ pool_format(pool, "%s/auto/%s", installation_path(in, pool,
		  in->conf.state), t->domain->name),
		  pool_format(pool, "%s.db", name) },
		{ pool_format(pool, "%s/files/%s", installation_path(in, pool,
		  in->conf.spool), t->domain->name),
		  pool_format(pool, ".%s.auto.db", name) },
	};
	struct stat st;

	for (size_t i = 0; i < (in->as_root ? 1 : 2); i++) {
		question->directory = places[i].directory;
		question->index = places[i].index;
		if (lstat(pool_format(pool, "%s/%s", places[i].directory,
		    places[i].index), &st) == 0)
			return true;
	}
	return false;
}

/* Where nobody was answered yet there is no index. */
static enum answer_verdict
auto_known(struct would *w, const struct target *t, const char *name)
{
	struct peek question = {
		.kind = "rate", .amount = t->domain->conf.auto_rate,
	};
	struct err err;

	if (t->domain->conf.auto_rate == 0)
		return ANSWER_RATE;
	if (who_writes(&w->call->in, &question.who, &err) == -1 ||
	    !find_index(w, t, name, &question))
		return ANSWER_SENT;
	enum answer_verdict verdict = peek(&question, key_of(w), &err);
	if (verdict == ANSWER_BROKEN_INDEX)
		note("%s", err.text);
	return verdict;
}

void
would_auto(struct would *w, const struct target *t)
{
	struct slice file = slice_of(strrchr(t->text, '/') + 1);
	const char *name = pool_dup(&w->plan->pool, (struct slice){ file.p,
	    file.len - strlen(".auto") });
	enum answer_verdict verdict = judge(w, t, ANSWER_AUTO);
	struct stat st;

	if (verdict == ANSWER_SENT && (lstat(t->text, &st) == -1 ||
	    !admin_file_counts(t->domain, &st)))
		verdict = ANSWER_NO_TEXT;
	if (verdict == ANSWER_SENT)
		verdict = auto_known(w, t, name);
	w->robot |= verdict == ANSWER_SENT;
	tell(w, "autoresponder", verdict, ", unless the message is a list's "
	    "or a program's", t->text);
}
