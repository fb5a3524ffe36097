/* mailbox.c: where an account's inbox lies, and what kind of thing it is. */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "limit.h"
#include "moved.h"
#include "scope.h"
#include "spool.h"

/* The "inbox" setting, taken apart: "/srv/mail/%d/%u/Maildir/" is the base
 * /srv/mail, and the steps %d, %u and Maildir below it. */
enum { STEPS = MAILBOX_STEPS };
struct template {
	struct slice	base;
	struct slice	step[STEPS];
	size_t		count;
	size_t		shared;		/* so many steps belong to the domain */
	bool		maildir;
};

static bool
mentions(struct slice s, char token)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.p[i] == '%') {
			if (s.p[i + 1] == token)
				return true;
			i++;
		}
	return false;
}

static int
bad_template(const struct account *account, const char *why, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (account->domain->of_system)
		return err_set(err, ERR_INVALID, "%s: main-mailboxes: %s",
		    installation_where(account->domain->in, &pool,
		    "main-mailboxes"), why);
	return err_set(err, ERR_INVALID, "%s: inbox: %s",
	    domain_where(account->domain, &pool, "inbox"), why);
}

static int
check_tokens(const struct account *account, struct slice s, struct err *err)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '%')
			continue;
		if (++i < s.len && (s.p[i] == 'u' || s.p[i] == '%' ||
		    (s.p[i] == 'd' && !account->domain->of_system)))
			continue;
		return bad_template(account, account->domain->of_system ?
		    "knows %u and %% alone" : "knows %d, %u and %% alone",
		    err);
	}
	return 0;
}

static int
read_template(const struct account *account, struct template *t,
    struct err *err)
{
	struct slice inbox = slice_of(account->domain->conf.inbox),
	    rest = inbox, step;

	*t = (struct template){ .maildir = slice_ends(inbox, "/") };
	if (check_tokens(account, inbox, err) == -1)
		return -1;
	t->base = (struct slice){ inbox.p, 0 };
	while (slice_cut(&rest, '/', &step)) {
		if (slice_is(step, ".") || slice_is(step, ".."))
			return bad_template(account,
			    "must not have . or .. in it", err);
		if (t->count == 0 && !mentions(step, 'd') &&
		    !mentions(step, 'u')) {
			t->base.len = (size_t)(step.p - inbox.p) + step.len;
			continue;
		}
		if (step.len == 0)
			continue;
		if (t->count == STEPS)
			return bad_template(account, "too many directories",
			    err);
		if (t->shared == t->count && !mentions(step, 'u'))
			t->shared++;
		t->step[t->count++] = step;
	}
	if (t->base.len == 0 && slice_starts(inbox, "/"))
		t->base.len = 1;
	if (t->count == 0 || t->shared == t->count)
		return bad_template(account,
		    "needs %u, or all accounts would share one inbox", err);
	return 0;
}

int
mailbox_check(const struct account *account, struct err *err)
{
	struct template t;

	return read_template(account, &t, err);
}

static const char *
expand(const struct account *account, struct pool *pool, struct slice step)
{
	SCOPED(drop_str) struct str out = { 0 };

	for (size_t i = 0; i < step.len; i++) {
		if (step.p[i] != '%') {
			str_addc(&out, step.p[i]);
			continue;
		}
		i++;
		if (step.p[i] == 'd')
			str_adds(&out, account->domain->name);
		else if (step.p[i] == 'u')
			str_adds(&out, account->name);
		else
			str_addc(&out, '%');
	}
	return pool_dup(pool, str_slice(&out));
}

static const char *
base_path(const struct account *account, struct pool *pool,
    const struct template *t)
{
	const struct installation *in = account->domain->in;

	if (slice_starts(t->base, "/"))
		return pool_dup(pool, t->base);
	const char *spool = installation_path(in, pool, in->conf.spool);
	return t->base.len == 0 ? spool :
	    pool_format(pool, "%s/%.*s", spool, (int)t->base.len, t->base.p);
}

const char *
mailbox_path(const struct account *account, struct pool *pool)
{
	struct template t;
	struct err err;

	if (read_template(account, &t, &err) == -1)
		return account->domain->conf.inbox;
	const char *path = base_path(account, pool, &t);
	for (size_t i = 0; i < t.count; i++)
		path = pool_format(pool, "%s/%s", path,
		    expand(account, pool, t.step[i]));
	return path;
}

/* Of an account whose name is %u: what comes out is "inbox" without %d. */
static int
name_in_own(const struct account *account, const struct template *t,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account any = { .domain = account->domain, .name = "%u" };

	for (size_t i = t->shared; i < t->count; i++)
		if (mentions(t->step[i], 'd'))
			return err_set(err, ERR_REFUSED,
			    "the domain's name is in the path of each inbox: "
			    "write it there as it is, which moves nothing "
			    "('vadmin domain set %s inbox=%s%s'), and repeat "
			    "this", account->domain->name,
			    mailbox_path(&any, &pool), t->maildir ? "/" : "");
	return 0;
}

int
mailbox_steps(const struct domain *domain, struct pool *pool,
    struct mailbox_step *out, struct err *err)
{
	const struct account any = { .domain = domain, .name = "" };
	struct template t;
	int count = 0;

	if (read_template(&any, &t, err) == -1 ||
	    name_in_own(&any, &t, err) == -1)
		return -1;
	const char *path = base_path(&any, pool, &t);
	for (size_t i = 0; i < t.shared; i++) {
		const char *name = expand(&any, pool, t.step[i]);
		if (mentions(t.step[i], 'd'))
			out[count++] = (struct mailbox_step){ path, name };
		path = pool_format(pool, "%s/%s", path, name);
	}
	return count;
}

static int
open_base(const struct account *account, struct pool *pool,
    const struct template *t, int *fd, struct err *err)
{
	const char *path = base_path(account, pool, t);

	if (dir_open(AT_FDCWD, path, fd, err) == 0)
		return spool_trust(account->domain, *fd, path, err);
	if (err->kind != ERR_ABSENT)
		return -1;
	return err_set(err, ERR_TEMPORARY,
	    "the mail directory %s is missing: mount it, or make it", path);
}

/* spool/D is ours to mend; a directory of another "inbox" may be the way to
 * people's homes. */
static enum spool_how
how_to_open(const struct template *t, bool make)
{
	if (!make)
		return SPOOL_EXISTING;
	bool is_ours = t->base.len == 0 && t->shared == 1 &&
	    slice_is(t->step[0], "%d");
	return is_ours ? SPOOL_MEND : SPOOL_MAKE;
}

/* Down the steps of the domain. */
static int
open_shared(const struct account *account, struct pool *pool,
    const struct template *t, bool make, int *fd, struct err *err)
{
	SCOPED(drop_fd) int at = -1;

	if (open_base(account, pool, t, &at, err) == -1)
		return -1;
	for (size_t i = 0; i < t->shared; i++) {
		int next = -1;
		if (spool_step(account->domain, at,
		    expand(account, pool, t->step[i]), how_to_open(t, make),
		    &next, err) == -1)
			return err_within(err, "%s",
			    base_path(account, pool, t));
		drop_fd(&at);
		at = next;
	}
	*fd = at;
	at = -1;
	return 0;
}

int
mailbox_prepare(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct template t;

	if (read_template(account, &t, err) == -1)
		return -1;
	return open_shared(account, &pool, &t, true, &fd, err);
}

bool
mailbox_lacks_place(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct template t;
	struct err err;

	if (read_template(account, &t, &err) == -1)
		return false;
	const char *path = base_path(account, &pool, &t);
	for (size_t i = 0; i < t.shared; i++)
		path = pool_format(&pool, "%s/%s", path,
		    expand(account, &pool, t.step[i]));
	return access(path, F_OK) == -1 && errno == ENOENT;
}

/* A directory of the account's own: nobody else's, and no link to one. */
static int
open_own(int parent, const char *name, bool make, uid_t uid, int *fd,
    struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	got = compat_open_beneath(parent, name, FLAGS, 0);
	if (got == -1 && errno == ENOENT && make) {
		if (mkdirat(parent, name, 0700) == -1 && errno != EEXIST)
			return err_sys(err, "make %s", name);
		if (fsync(parent) == -1)
			return err_sys(err, "sync the directory of %s", name);
		got = compat_open_beneath(parent, name, FLAGS, 0);
	}
	if (got == -1)
		return err_open(err, name);
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", name);
	if (st.st_uid != uid || (st.st_mode & S_IWOTH))
		return err_set(err, ERR_REFUSED, "%s: not uid %u's alone", name,
		    (unsigned)uid);
	*fd = got;
	got = -1;
	return 0;
}

static int
find_kind(const struct account *account, const struct template *t,
    struct mailbox *mailbox, struct err *err)
{
	struct stat st;

	mailbox->kind = t->maildir ||
	    account->domain->conf.mailbox == MAILBOX_MAILDIR ? &maildir_kind :
	    &mbox_kind;
	if (fstatat(mailbox->parent, mailbox->name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", mailbox->path);
	if (S_ISLNK(st.st_mode) &&
	    moved_is_mark(mailbox->parent, mailbox->name, err))
		return err_within(err, "%s", mailbox->path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(err, ERR_REFUSED,
		    "%s: neither a file nor a directory: take it away",
		    mailbox->path);
	mailbox->kind = S_ISDIR(st.st_mode) ? &maildir_kind : &mbox_kind;
	return 0;
}

int
mailbox_open(const struct account *account, bool make, struct pool *pool,
    struct mailbox *out, struct err *err)
{
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	struct template t;

	if (read_template(account, &t, err) == -1)
		return -1;
	mailbox.who = account_identity(account);
	mailbox.path = mailbox_path(account, pool);
	mailbox.lock_timeout = account->domain->in->conf.lock_timeout;
	if (open_shared(account, pool, &t, false, &mailbox.parent, err) == -1)
		return -1;
	for (size_t i = t.shared; i + 1 < t.count; i++) {
		int next = -1;
		const char *name = expand(account, pool, t.step[i]);
		if (open_own(mailbox.parent, name, make, mailbox.who.uid, &next,
		    err) == -1)
			return err_within(err, "%s", mailbox.path);
		drop_fd(&mailbox.parent);
		mailbox.parent = next;
	}
	mailbox.name = expand(account, pool, t.step[t.count - 1]);
	if (find_kind(account, &t, &mailbox, err) == -1)
		return -1;
	*out = mailbox;
	mailbox = MAILBOX_NONE;
	return 0;
}

void
drop_mailbox(struct mailbox *mailbox)
{
	drop_fd(&mailbox->parent);
}

int
mailbox_make_room(struct room *room, uint64_t before, uint64_t len,
    struct err *err)
{
	if (room == NULL || room->limit == LIMIT_NONE)
		return 0;
	if (before > room->limit || len > room->limit - before)
		return err_set(err, ERR_FULL, "mailbox full");
	room->before = before;
	room->after = before + len;
	return 0;
}

int
mailbox_deliver(const struct mailbox *mailbox, const struct delivery *delivery,
    struct err *err)
{
	if (mailbox->kind->deliver(mailbox, delivery, err) == 0)
		return 0;
	/* What the sender is told has no path in it. */
	return err->kind == ERR_FULL ? -1 :
	    err_within(err, "%s", mailbox->path);
}

int
mailbox_size(const struct mailbox *mailbox, uint64_t *bytes, struct err *err)
{
	uint64_t found = 0;

	if (mailbox->kind->size(mailbox, &found, err) == -1 &&
	    err->kind != ERR_ABSENT)
		return err_within(err, "%s", mailbox->path);
	*bytes = found;
	return 0;
}
