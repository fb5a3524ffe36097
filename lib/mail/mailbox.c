/* mailbox.c: where an account's inbox lies, and what kind of thing it is. */
#include "mailbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "inbox.h"
#include "limit.h"
#include "moved.h"
#include "scope.h"
#include "spool.h"

static_assert((int)MAILBOX_STEPS == (int)INBOX_STEPS, "steps without a place");

int
mailbox_check(const struct account *account, struct err *err)
{
	struct inbox t;

	return inbox_read(account, &t, err);
}

const char *
mailbox_path(const struct account *account, struct pool *pool)
{
	struct inbox t;
	struct err err;

	if (inbox_read(account, &t, &err) == -1)
		return account->domain->conf.inbox;
	const char *path = inbox_base(account, pool, &t);
	for (size_t i = 0; i < t.count; i++)
		path = pool_format(pool, "%s/%s", path,
		    inbox_expand(account, pool, t.step[i]));
	return path;
}

/* Of an account whose name is %u: what comes out is "inbox" without %d. */
static int
name_in_own(const struct account *account, const struct inbox *t,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account any = { .domain = account->domain, .name = "%u" };

	for (size_t i = t->shared; i < t->count; i++)
		if (inbox_mentions(t->step[i], 'd'))
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
	struct inbox t;
	int count = 0;

	if (inbox_read(&any, &t, err) == -1 ||
	    name_in_own(&any, &t, err) == -1)
		return -1;
	const char *path = inbox_base(&any, pool, &t);
	for (size_t i = 0; i < t.shared; i++) {
		const char *name = inbox_expand(&any, pool, t.step[i]);
		if (inbox_mentions(t.step[i], 'd'))
			out[count++] = (struct mailbox_step){ path, name };
		path = pool_format(pool, "%s/%s", path, name);
	}
	return count;
}

static int
open_base(const struct account *account, struct pool *pool,
    const struct inbox *t, int *fd, struct err *err)
{
	const char *path = inbox_base(account, pool, t);

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
how_to_open(const struct inbox *t, bool make)
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
    const struct inbox *t, bool make, int *fd, struct err *err)
{
	SCOPED(drop_fd) int at = -1;

	if (open_base(account, pool, t, &at, err) == -1)
		return -1;
	for (size_t i = 0; i < t->shared; i++) {
		int next = -1;
		if (spool_step(account->domain, at,
		    inbox_expand(account, pool, t->step[i]),
		    how_to_open(t, make), &next, err) == -1)
			return err_within(err, "%s",
			    inbox_base(account, pool, t));
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
	struct inbox t;

	if (inbox_read(account, &t, err) == -1)
		return -1;
	return open_shared(account, &pool, &t, true, &fd, err);
}

bool
mailbox_lacks_place(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct inbox t;
	struct err err;

	if (inbox_read(account, &t, &err) == -1)
		return false;
	const char *path = inbox_base(account, &pool, &t);
	for (size_t i = 0; i < t.shared; i++)
		path = pool_format(&pool, "%s/%s", path,
		    inbox_expand(account, &pool, t.step[i]));
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
find_kind(const struct account *account, const struct inbox *t,
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
	struct inbox t;

	if (inbox_read(account, &t, err) == -1)
		return -1;
	mailbox.who = account_identity(account);
	mailbox.path = mailbox_path(account, pool);
	mailbox.lock_timeout = account->domain->in->conf.lock_timeout;
	if (open_shared(account, pool, &t, false, &mailbox.parent, err) == -1)
		return -1;
	for (size_t i = t.shared; i + 1 < t.count; i++) {
		int next = -1;
		const char *name = inbox_expand(account, pool, t.step[i]);
		if (open_own(mailbox.parent, name, make, mailbox.who.uid, &next,
		    err) == -1)
			return err_within(err, "%s", mailbox.path);
		drop_fd(&mailbox.parent);
		mailbox.parent = next;
	}
	mailbox.name = inbox_expand(account, pool, t.step[t.count - 1]);
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
