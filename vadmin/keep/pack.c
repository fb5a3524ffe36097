/* pack.c: what belongs to an account, as parcels. */
#include "pack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin_file.h"
#include "compat.h"
#include "fd.h"
#include "file.h"
#include "mailbox.h"
#include "mbox_file.h"
#include "pack_tree.h"
#include "parcel.h"
#include "place.h"
#include "scope.h"
#include "spool.h"
#include "uids.h"

/* --- its own files of files/D ---------------------------------------- */

static int
pack_own_file(struct packing *p, int dir, const char *ending, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err why;
	off_t at;

	const char *name = pool_format(&pool, "%s.%s", p->account->name,
	    ending);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    admin_file_counts(p->account->domain, &st))
		return 0;
	if (file_open(dir, name, O_NOFOLLOW, &fd, &st, &why) == -1)
		return why.kind == ERR_ABSENT ? 0 : pack_leave_out(p, name,
		    strerror(errno), err);
	/* a second name may be a way to another account's */
	if (st.st_uid != geteuid() || st.st_nlink > 1)
		return 0;
	return pack_file(p, fd, pool_format(&pool, "own/%s", ending), &at, err);
}

static int
pack_own(struct packing *p, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	if (spool_files(p->account->domain, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	for (size_t i = 0; place_files[i] != NULL; i++)
		if (pack_own_file(p, dir, place_files[i], err) == -1)
			return -1;
	return 0;
}

/* --- the inbox ------------------------------------------------------- */

static int
pack_uids(struct packing *p, const struct mbox_file *file, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (uids_copy(file->dir, file->name, file->st.st_ino, &text,
	    err) == -1)
		return -1;
	if (text.len == 0)
		return 0;
	const struct tar_member m = { TAR_FILE, "uids", "", 0600, text.len,
	    file->st.st_mtim.tv_sec };
	if (parcel_put(p->out, PARCEL_MEMBER, &m, err) == -1)
		return -1;
	return fd_write(p->out, text.s, text.len) == -1 ?
	    err_sys(err, "keep a copy") : 0;
}

/* With the locks of a delivery for as long as the copy takes. */
static int
pack_mbox(struct packing *p, const struct mailbox *mailbox, struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;
	off_t at;

	if (mbox_file_open(mailbox->parent, mailbox->name, MBOX_FILE_EXISTING,
	    deadline_in((int64_t)mailbox->lock_timeout * 1000), &file,
	    err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (pack_is_mostly_holes(file.fd, &file.st))
		return err_set(err, ERR_REFUSED, PACK_HOLES);
	if (pack_bytes(p, file.fd, &file.st, "inbox", &at, err) == -1)
		return -1;
	return pack_uids(p, &file, err);
}

static int
pack_maildir(struct packing *p, const struct mailbox *mailbox, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	SCOPED(drop_fd) int dir = compat_open_beneath(mailbox->parent,
	    mailbox->name, FLAGS, 0);
	struct stat st;

	if (dir == -1 && errno == ENOENT)
		return 0;
	if (dir == -1 || fstat(dir, &st) == -1)
		return err_sys(err, "%s", mailbox->path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_REFUSED,
		    "%s: belongs to uid %u, not to uid %u (chown)",
		    mailbox->path, (unsigned)st.st_uid, (unsigned)geteuid());
	return pack_tree(p, dir, "inbox", err);
}

static int
pack_inbox(struct packing *p, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;

	if (mailbox_open(p->account, false, &pool, &mailbox, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	int got = mailbox.kind == &mbox_kind ? pack_mbox(p, &mailbox, err) :
	    pack_maildir(p, &mailbox, err);
	return got == 0 ? 0 : err_within(err, "%s", mailbox.path);
}

/* --- the whole ------------------------------------------------------- */

static int
pack_home(struct packing *p, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	struct stat st;

	if (!p->with_home)
		return 0;
	dir = open(p->account->home,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return errno == ENOENT ? 0 : pack_leave_out(p, "home",
		    strerror(errno), err);
	if (fstat(dir, &st) == -1)
		return err_sys(err, "%s", p->account->home);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_REFUSED,
		    "%s: belongs to uid %u, not to uid %u (chown)",
		    p->account->home, (unsigned)st.st_uid,
		    (unsigned)geteuid());
	return pack_tree(p, dir, "home", err);
}

int
pack_account(void *packing, struct err *err)
{
	const struct tar_member end = { .path = "", .target = "" };
	struct packing *p = packing;

	if (pack_own(p, err) == -1 || pack_inbox(p, err) == -1 ||
	    pack_home(p, err) == -1)
		return -1;
	return parcel_put(p->out, PARCEL_END, &end, err);
}
