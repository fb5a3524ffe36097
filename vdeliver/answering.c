/* answering.c: what a courier does for an automatic answer. */
#include "answering.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer_parse.h"
#include "fd.h"
#include "file.h"
#include "profile.h"
#include "remember.h"
#include "scope.h"

enum { DAY = 86400 };

/* --- whether ------------------------------------------------------------ */

/* What names of domains are looked up for one message. */
struct lookup {
	const struct installation	*in;
	struct pool			 pool;
};

static void
drop_lookup(struct lookup *l)
{
	drop_pool(&l->pool);
}

static const char *
real_domain(void *arg, const char *domain)
{
	struct lookup *l = arg;
	const char *real;
	struct err err;

	return domain_real_name(l->in, &l->pool, slice_of(domain), &real,
	    &err) == 0 ? real : NULL;
}

/* --- who answers --------------------------------------------------------- */

struct sender {
	const char	*address, *name;
};

/* An administrator may have given the account another From, in its domain. */
static void
take_address(struct lookup *l, const struct domain *domain, const char *given,
    struct sender *who)
{
	struct address address;
	struct err unused;

	if (given[0] == '\0' || address_parse(&l->pool, slice_of(given),
	    &address, &unused) == -1)
		return;
	const char *real = real_domain(l, address.domain);
	if (real != NULL && slice_is(slice_of(real), domain->name))
		who->address = address_text(&l->pool, address.local,
		    address.domain);
}

/* As its profile says; one that is broken says nothing. */
static struct sender
sender_of(struct lookup *l, const struct domain *domain, int profile,
    const char *local, const char *name)
{
	struct sender who = { address_text(&l->pool, local, domain->name),
	    name };
	struct profile p;
	struct err unused;

	if (profile == -1 || profile_read(profile, "profile", &l->pool, &p,
	    &unused) == -1)
		return who;
	take_address(l, domain, p.address, &who);
	if (p.display_name[0] != '\0')
		who.name = p.display_name;
	return who;
}

/* --- the text ----------------------------------------------------------- */

static enum answer_verdict
parse_text(int fd, struct answer_text *text, struct err *detail)
{
	SCOPED(drop_str) struct str bytes = { 0 };

	return file_read(fd, ANSWER_TEXT_MAX, &bytes, detail) == -1 ||
	    answer_parse(str_slice(&bytes), text, detail) == -1 ?
	    ANSWER_BAD_TEXT : ANSWER_SENT;
}

/* root's, the owner's or the account's; nobody can have slipped in another's
 * file by a second name.  One that was replaced since it was opened has none. */
static bool
is_own_file(const struct account *account, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink <= 1 &&
	    (st->st_uid == 0 || st->st_uid == account->domain->in->owner ||
	    st->st_uid == geteuid());
}

static enum answer_verdict
open_text(const struct account *account, const struct vacation_files *files,
    struct pool *pool, int *fd, struct err *detail)
{
	enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };
	const char *path = pool_format(pool, "%s/%s", files->directory,
	    files->text);
	struct stat st;

	*fd = open(path, FLAGS);
	if (*fd == -1 || fstat(*fd, &st) == -1) {
		err_fill_sys(detail, "%s", path);
		return ANSWER_NO_TEXT;
	}
	if (!is_own_file(account, &st)) {
		err_fill(detail, ERR_REFUSED, "%s: not a plain file of its "
		    "own with one name", path);
		return ANSWER_NO_TEXT;
	}
	return ANSWER_SENT;
}

static void
note_left_out(const struct answer_text *text, struct err *detail)
{
	if (text->left_out.len > 0)
		err_fill(detail, ERR_INVALID, "left out: %s",
		    str_text(&text->left_out));
}

/* Answers come from one of the account's own addresses. */
static void
check_from(struct answer_text *text, const struct answer_own *own,
    const char *address)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address from;
	struct err err;

	if (text->from.len == 0 || (address_parse(&pool,
	    str_slice(&text->from_address), &from, &err) == 0 &&
	    (answer_is_own(own, &from) || slice_same(slice_of(address),
	    slice_of(address_text(&pool, from.local, from.domain))))))
		return;
	answer_text_refuse_from(text);
	str_adds(&text->left_out, text->left_out.len > 0 ? ", From" : "From");
}

/* The machine's day, whatever who called us has in TZ. */
static bool
is_due_today(const struct answer_text *text, time_t now)
{
	struct tm local;
	char day[32];

	unsetenv("TZ");
	tzset();
	localtime_r(&now, &local);
	strftime(day, sizeof day, "%Y-%m-%d", &local);
	return answer_text_is_due(text, day);
}

/* --- the answer ---------------------------------------------------------- */

/* Whoever is behind this process fills no disk. */
static void
limit_output(void)
{
	const struct rlimit most = { ANSWER_MAX, ANSWER_MAX };

	setrlimit(RLIMIT_FSIZE, &most);
}

static enum answer_verdict
compose(struct answer a, struct str *all, struct err *detail)
{
	if (getrandom(&a.random, sizeof a.random, 0) != sizeof a.random)
		a.random = (uint64_t)a.now * 1000003u + (uint64_t)getpid();
	answer_compose(&a, all);
	if (all->len <= ANSWER_MAX)
		return ANSWER_SENT;
	err_fill(detail, ERR_INVALID, "the answer would be longer than %d "
	    "bytes", ANSWER_MAX);
	return ANSWER_BAD_TEXT;
}

static enum answer_verdict
write_answer(const struct str *all, int out, struct err *detail)
{
	limit_output();
	if (fd_write(out, all->s, all->len) == -1) {
		err_fill_sys(detail, "the answer");
		return ANSWER_FAILED;
	}
	return ANSWER_SENT;
}

/* Everything that is the same for both: composed, remembered, and written only
 * then.  A text of which no answer can be made silences nobody. */
static enum answer_verdict
answer_with(struct job *job, const struct answer_text *text,
    const struct memory *memory, struct answer a,
    const struct answering *how, struct err *detail)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str all = { 0 };
	struct address to;

	if (answer_recipient(&pool, job->sender, &to, detail) == -1)
		return ANSWER_NO_ADDRESS;
	a.text = text;
	a.message = str_slice(&job->message.memory);
	a.to = &to;
	a.now = memory->now;
	enum answer_verdict verdict = compose(a, &all, detail);
	if (verdict == ANSWER_SENT)
		verdict = remember(job, memory, address_text(&pool,
		    to.local, to.domain), detail);
	if (verdict == ANSWER_SENT)
		verdict = write_answer(&all, how->out, detail);
	if (verdict == ANSWER_SENT)
		note_left_out(text, detail);
	return verdict;
}

static enum answer_verdict
judge(const struct job *job, enum answer_kind kind,
    const struct answer_own *own)
{
	return answer_judge(&(struct answer_question){
	    .kind = kind, .sender = job->sender, .own = own,
	    .message = str_slice(&job->message.memory),
	    .whole = job->message.size == job->message.memory.len });
}

enum answer_verdict
answering_vacation(struct job *job, const struct target *t,
    const struct answering *how, struct err *detail)
{
	SCOPED(drop_lookup) struct lookup lookup = { .in = job->in };
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const struct account *account = t->account;
	const struct domain *domain = account->domain;
	struct answer_own own;

	answer_own_addresses(t, &lookup.pool, &own);
	own.real = real_domain;
	own.arg = &lookup;
	struct vacation_files files = vacation_files(account, how->place,
	    &lookup.pool);
	enum answer_verdict verdict = judge(job, ANSWER_VACATION, &own);
	if (verdict == ANSWER_SENT)
		verdict = open_text(account, &files, &lookup.pool, &fd,
		    detail);
	if (verdict == ANSWER_SENT)
		verdict = parse_text(fd, &text, detail);
	if (verdict != ANSWER_SENT)
		return verdict;
	struct memory memory = {
		.directory = files.directory, .index = files.index,
		.program = how->program, .program_path = how->program_path,
		.kind = "once", .now = time(NULL), .amount = DAY *
		(text.has_days ? text.days : domain->conf.vacation_days),
	};
	if (!is_due_today(&text, memory.now))
		return ANSWER_WINDOW;
	struct sender who = sender_of(&lookup, domain, how->profile,
	    account->name, account->full_name);
	check_from(&text, &own, who.address);
	return answer_with(job, &text, &memory, (struct answer){
	    .from = who.address, .name = who.name, .host = domain->name,
	    .is_vacation = true }, how, detail);
}

enum answer_verdict
answering_auto(struct job *job, const struct target *t,
    const struct answering *how, struct err *detail)
{
	SCOPED(drop_lookup) struct lookup lookup = { .in = job->in };
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	struct answer_own own;

	answer_own_addresses(t, &lookup.pool, &own);
	own.real = real_domain;
	own.arg = &lookup;
	struct memory memory = {
		.program = how->program, .program_path = how->program_path,
		.directory = how->memory, .kind = "rate", .now = time(NULL),
		.index = how->index,
		.amount = t->domain->conf.auto_rate,
	};
	enum answer_verdict verdict = judge(job, ANSWER_AUTO, &own);
	if (verdict == ANSWER_SENT)
		verdict = parse_text(how->text, &text, detail);
	if (verdict != ANSWER_SENT)
		return verdict;
	if (remember_make_index(&memory, detail) == -1)
		return ANSWER_BROKEN_INDEX;
	struct sender who = sender_of(&lookup, t->domain, how->profile,
	    how->name, "");
	return answer_with(job, &text, &memory, (struct answer){
	    .from = who.address, .name = who.name, .host = t->domain->name },
	    how, detail);
}
