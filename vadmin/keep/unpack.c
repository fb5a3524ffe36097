/* unpack.c: what belongs to an account, from parcels to its places. */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "mailbox.h"
#include "parcel.h"
#include "place.h"
#include "scope.h"
#include "sink.h"
#include "spool.h"
#include "tree.h"

enum { DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct places {
	const struct account	*account;
	struct pool		 pool;
	struct mailbox		 mailbox;	/* open with the first of it */
	const char		*half;		/* the inbox's name for now */
	bool			 is_half;	/* it has that name */
	struct sink		 own, inbox, home;
};

static void
drop_places(struct places *p)
{
	drop_mailbox(&p->mailbox);
	drop_sink(&p->own);
	drop_sink(&p->inbox);
	drop_sink(&p->home);
	drop_pool(&p->pool);
}

/* --- its own files of files/D ---------------------------------------- */

static int
put_own(struct places *p, const struct tar_member *m, const char *ending,
    struct err *err)
{
	if (p->own.root == -1) {
		p->own.path = "its files";
		if (spool_files(p->account->domain, false, &p->own.root,
		    err) == -1)
			return -1;
	}
	const char *name = pool_format(&p->pool, "%s.%s", p->account->name,
	    ending);
	return sink_put_file(&p->own, p->own.root, name, m, err);
}

/* --- the inbox ------------------------------------------------------- */

static int
open_mailbox(struct places *p, struct err *err)
{
	if (p->mailbox.parent != -1)
		return 0;
	if (mailbox_open(p->account, true, &p->pool, &p->mailbox, err) == -1)
		return -1;
	p->half = pool_format(&p->pool, ".%s.restored", p->mailbox.name);
	p->inbox.path = p->mailbox.path;
	return 0;
}

static bool
has_inbox(const struct places *p)
{
	struct stat st;

	return fstatat(p->mailbox.parent, p->mailbox.name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

/* It gets its name at the end, when its unique ids are there, too. */
static int
put_mbox(struct places *p, const struct tar_member *m, struct err *err)
{
	p->inbox.root = openat(p->mailbox.parent, ".", DIRECTORY);
	if (p->inbox.root == -1)
		return err_sys(err, "%s", p->mailbox.path);
	if (has_inbox(p))
		return sink_put_file(&p->inbox, p->mailbox.parent,
		    p->mailbox.name, m, err);
	p->is_half = true;
	return sink_put_file(&p->inbox, p->mailbox.parent, p->half, m, err);
}

static int
begin_maildir(struct places *p, struct err *err)
{
	const char *name = p->mailbox.name;

	if (has_inbox(p))
		p->inbox.only_compare = true;
	else {
		p->is_half = true;
		name = p->half;
		if (mkdirat(p->mailbox.parent, name, 0700) == -1)
			return err_sys(err, "make %s", name);
	}
	p->inbox.root = openat(p->mailbox.parent, name, DIRECTORY);
	return p->inbox.root == -1 ? err_sys(err, "%s", name) : 0;
}

/* What a restoring that was ended left is not mixed with this one. */
static int
put_inbox(struct places *p, const struct tar_member *m, const char *below,
    struct err *err)
{
	if (open_mailbox(p, err) == -1)
		return -1;
	if (below != NULL)
		return sink_put(&p->inbox, m, below, err);
	if (p->inbox.root != -1)
		return err_set(err, ERR_INVALID, "there are two inboxes");
	if (tree_remove(p->mailbox.parent, p->half,
	    account_identity(p->account), err) == -1)
		return err_within(err, "an old %s", p->half);
	return m->kind == TAR_FILE ? put_mbox(p, m, err) :
	    begin_maildir(p, err);
}

static int
put_uids(struct places *p, const struct tar_member *m, struct err *err)
{
	if (open_mailbox(p, err) == -1)
		return -1;
	const char *name = pool_format(&p->pool, ".%s.uids", p->mailbox.name);
	return sink_put_file(&p->inbox, p->mailbox.parent, name, m, err);
}

static int
end_inbox(struct places *p, struct err *err)
{
	if (p->inbox.root == -1)
		return 0;
	if (p->inbox.only_compare || !p->is_half)
		return p->inbox.only_compare ? sink_end(&p->inbox, err) : 0;
	if (sink_end(&p->inbox, err) == -1)
		return -1;
	if (compat_renameat2_noreplace(p->mailbox.parent, p->half,
	    p->mailbox.parent, p->mailbox.name) == -1 ||
	    fsync(p->mailbox.parent) == -1)
		return err_sys(err, "%s", p->mailbox.path);
	return 0;
}

/* --- the whole ------------------------------------------------------- */

static int
put_home(struct places *p, const struct tar_member *m, const char *below,
    struct err *err)
{
	p->home.path = p->account->home;
	if (p->home.root == -1)
		p->home.root = open(p->account->home, DIRECTORY);
	if (p->home.root == -1)
		return err_sys(err, "%s", p->account->home);
	if (below != NULL)
		return sink_put(&p->home, m, below, err);
	return fchmod(p->home.root, m->mode | 0700) == -1 ?
	    err_sys(err, "mode of %s", p->account->home) : 0;
}

/* "inbox/cur/1": what stands behind the first step, or NULL. */
static const char *
below(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash == NULL ? NULL : slash + 1;
}

static int
put(struct places *p, const struct tar_member *m, struct err *err)
{
	struct slice path = slice_of(m->path);

	if (slice_starts(path, "own/"))
		return put_own(p, m, below(m->path), err);
	if (slice_is(path, "uids"))
		return put_uids(p, m, err);
	return slice_starts(path, "inbox") ?
	    put_inbox(p, m, below(m->path), err) :
	    put_home(p, m, below(m->path), err);
}

/* The inbox last: who sees it sees all that goes with it. */
static int
end(struct places *p, struct err *err)
{
	return sink_end(&p->own, err) == -1 || sink_end(&p->home, err) == -1 ?
	    -1 : end_inbox(p, err);
}

int
unpack_account(void *unpacking, struct err *err)
{
	const struct unpacking *u = unpacking;
	SCOPED(drop_places) struct places p = {
		.account = u->account, .mailbox = MAILBOX_NONE,
		.own = { .root = -1, .in = u->in },
		.inbox = { .root = -1, .in = u->in },
		.home = { .root = -1, .in = u->in },
	};

	for (;;) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		enum parcel_kind kind;
		struct tar_member m;
		if (parcel_get(u->in, &pool, &kind, &m, err) == -1)
			return -1;
		if (kind == PARCEL_END)
			return end(&p, err);
		if (put(&p, &m, err) == -1)
			return -1;
	}
}
