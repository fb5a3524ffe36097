/* maildir.c: delivering into a Maildir. */
#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "limit.h"
#include "lock.h"
#include "maildir_name.h"
#include "octets.h"
#include "scope.h"

enum { LEFTOVER_SECONDS = 36 * 3600 };

/* --- the three directories --------------------------------------------- */

static int
open_part(int parent, const char *name, bool make, bool *made, uid_t uid,
    int *fd, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	struct stat st;

	*fd = compat_open_beneath(parent, name, FLAGS, 0);
	if (*fd == -1 && errno == ENOENT && make) {
		if (mkdirat(parent, name, 0700) == -1 && errno != EEXIST)
			return err_sys(err, "make %s", name);
		*made = true;
		*fd = compat_open_beneath(parent, name, FLAGS, 0);
	}
	if (*fd == -1)
		return err_open(err, name);
	if (fstat(*fd, &st) == -1)
		return err_sys(err, "%s", name);
	if (st.st_uid != uid || (st.st_mode & S_IWOTH))
		return err_set(err, ERR_REFUSED,
		    "%s: not uid %u's alone (chown, chmod o-w)", name,
		    (unsigned)uid);
	return 0;
}

int
maildir_open(const struct mailbox *mailbox, bool make, struct maildir *out,
    struct err *err)
{
	SCOPED(drop_maildir) struct maildir md = MAILDIR_NONE;
	SCOPED(drop_fd) int top = -1;
	uid_t uid = mailbox->who.uid;
	bool made_top = false, made = false;

	if (open_part(mailbox->parent, mailbox->name, make, &made_top, uid,
	    &top, err) == -1 || open_part(top, "tmp", make, &made, uid, &md.tmp,
	    err) == -1 || open_part(top, "new", make, &made, uid, &md.new,
	    err) == -1 || open_part(top, "cur", make, &made, uid, &md.cur,
	    err) == -1)
		return -1;
	if ((made && fsync(top) == -1) ||
	    (made_top && fsync(mailbox->parent) == -1))
		return err_sys(err, "sync the new Maildir");
	*out = md;
	md = MAILDIR_NONE;
	return 0;
}

void
drop_maildir(struct maildir *md)
{
	drop_fd(&md->tmp);
	drop_fd(&md->new);
	drop_fd(&md->cur);
}

/* --- writing ----------------------------------------------------------- */

/* What is still to be undone when something fails. */
struct tentative {
	int		 dir;
	const char	*name;		/* NULL: nothing */
};

static void
drop_tentative(struct tentative *t)
{
	if (t->name != NULL)
		unlinkat(t->dir, t->name, 0);
}

/* NFS and some others cannot rename without replacing: there the message gets
 * a second name and loses its first, as in the first Maildirs. */
int
maildir_move(int from, const char *old, int to, const char *new)
{
	if (compat_renameat2_noreplace(from, old, to, new) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(from, old, to, new, 0) == -1)
		return -1;
	unlinkat(from, old, 0);
	return 0;
}

static void
count_octets(void *octets, struct slice bytes)
{
	octets_add(octets, bytes);
}

/* Its name in new.  Dovecot's W is without the line end that RETR adds, and
 * another number costs its client the connection: of a message that lacks it
 * nobody is told any. */
static void
tell_octets(struct str *told, const char *name, const struct octets *octets)
{
	str_adds(told, name);
	if (!octets_end_is_added(octets))
		maildir_name_add(told, MAILDIR_OCTETS, octets_total(octets));
}

static int
write_and_rename(const struct maildir *md, const char *name,
    struct stream *content, struct err *err)
{
	SCOPED(drop_fd) int out = -1;
	SCOPED(drop_str) struct str told = { 0 };
	struct octets octets = { 0 };

	out = compat_open_beneath(md->tmp, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out == -1)
		return err_sys(err, "create tmp/%s", name);
	SCOPED(drop_tentative) struct tentative t = { md->tmp, name };

	stream_rewind(content);
	if (stream_copy(content, out, count_octets, &octets, err) == -1)
		return err_within(err, "tmp/%s", name);
	if (fsync(out) == -1)
		return err_sys(err, "sync tmp/%s", name);
	tell_octets(&told, name, &octets);
	if (maildir_move(md->tmp, name, md->new, str_text(&told)) == -1)
		return err_sys(err, "publish new/%s", str_text(&told));
	/* not safe yet: still to be undone */
	t = (struct tentative){ md->new, str_text(&told) };
	if (fsync(md->new) == -1)
		return err_sys(err, "sync new/");
	t.name = NULL;
	return 0;
}

/* The unnamed file gets its name: nothing is copied.  That it has one is written
 * in the file, too: without a journal, new/ alone would bring a name to the disk
 * whose file counts as deleted there, and fsck takes that away.  1: done; 0:
 * this file system cannot, the message has to be written. */
static int
publish_unnamed(const struct maildir *md, const char *name, int unnamed,
    const struct octets *octets, struct err *err)
{
	SCOPED(drop_str) struct str told = { 0 };

	if (fsync(unnamed) == -1)
		return err_sys(err, "sync the message");
	tell_octets(&told, name, octets);
	if (fd_link(unnamed, md->new, str_text(&told)) == -1)
		return 0;
	SCOPED(drop_tentative) struct tentative t = { md->new,
	    str_text(&told) };
	if (fsync(unnamed) == -1 || fsync(md->new) == -1)
		return err_sys(err, "sync new/%s", str_text(&told));
	t.name = NULL;
	return 1;
}

/* Dovecot gives what it saves the time when it was received, and copies by a
 * second name, before it moves all of it to its place: only the time of change
 * tells when it came. */
bool
maildir_is_leftover(const struct stat *st, time_t now)
{
	return S_ISREG(st->st_mode) && now - st->st_ctime > LEFTOVER_SECONDS;
}

static void
clean(int tmp, const char *name)
{
	struct stat st;

	if (name[0] != '.' &&
	    fstatat(tmp, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    maildir_is_leftover(&st, time(NULL)))
		unlinkat(tmp, name, 0);
}

/* What a crash left in tmp, without the memory of an opendir(): most are empty.
 * Whatever goes wrong here, the mail is safe. */
static void
clean_tmp(int tmp)
{
	_Alignas(struct dirent) char entries[1024];
	const struct dirent *entry;
	ssize_t n;

	while ((n = getdents64(tmp, (void *)entries, sizeof entries)) > 0)
		for (ssize_t at = 0; at < n; at += entry->d_reclen) {
			entry = (const void *)(entries + at);
			clean(tmp, entry->d_name);
		}
}

/* Deliveries into a Maildir need no lock, but a limit does: one after the other
 * they see what is there. */
static int
find_room(const struct mailbox *mailbox, const struct maildir *md,
    const struct delivery *delivery, int *lock, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct deadline d = deadline_within(delivery->deadline,
	    (int64_t)mailbox->lock_timeout * 1000);
	uint64_t bytes;

	if (delivery->room == NULL || delivery->room->limit == LIMIT_NONE)
		return 0;
	str_addf(&name, ".%s.queue", mailbox->name);
	/* Nothing is written into it: it may have other names. */
	if (lock_open(mailbox->parent, str_text(&name), UINT_MAX, d, lock,
	    err) == -1) {
		if (deadline_over(d))
			err->kind = ERR_BUSY;
		return -1;
	}
	return maildir_size(md, &bytes, err) == -1 ? -1 :
	    mailbox_make_room(delivery->room, bytes,
	    stream_size(delivery->content), err);
}

static int
deliver(const struct mailbox *mailbox, const struct delivery *delivery,
    struct err *err)
{
	SCOPED(drop_maildir) struct maildir md = MAILDIR_NONE;
	SCOPED(drop_str) struct str name = { 0 };
	SCOPED(drop_fd) int lock = -1;
	int done = 0;

	if (maildir_open(mailbox, true, &md, err) == -1 ||
	    find_room(mailbox, &md, delivery, &lock, err) == -1 ||
	    maildir_name_new(&name, err) == -1)
		return -1;
	maildir_name_add(&name, MAILDIR_STORED, stream_size(delivery->content));
	if (delivery->unnamed != -1)
		done = publish_unnamed(&md, str_text(&name), delivery->unnamed,
		    &delivery->octets, err);
	if (done == 0)
		done = write_and_rename(&md, str_text(&name), delivery->content,
		    err);
	if (done != -1)
		clean_tmp(md.tmp);
	return done == -1 ? -1 : 0;
}

static int
size(const struct mailbox *mailbox, uint64_t *bytes, struct err *err)
{
	SCOPED(drop_maildir) struct maildir md = MAILDIR_NONE;

	return maildir_open(mailbox, false, &md, err) == -1 ? -1 :
	    maildir_size(&md, bytes, err);
}

const struct mailbox_kind maildir_kind = {
	.name = "maildir",
	.deliver = deliver,
	.size = size,
};
