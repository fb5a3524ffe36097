/* maildir_maildrop.c: a Maildir as a maildrop.
 *
 * Messages are opened by the names that they had at login; one that another
 * program has renamed since is looked for.  Whatever a name is used for, the
 * file that has it now is first looked at: another program may have put another
 * message there, which nobody has seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "maildir.h"
#include "maildir_again.h"
#include "maildir_name.h"
#include "maildir_scan.h"
#include "maildir_told.h"
#include "maildir_uid.h"
#include "mem.h"
#include "scope.h"

enum { TRIES = 8 };

struct maildir_maildrop {
	struct maildrop		 drop;
	struct maildir		 dirs;
	struct maildir_scan	 scan;
	struct maildir_again	 again;
	int			 fd;	/* the message that is being read */
	bool			 denied;	/* its owner's mode keeps us out */
	/* what names tell is believed; not known before somebody asks */
	enum { NOT_ASKED, BELIEVED, DISBELIEVED } names;
	/* what the name tells that was asked last */
	bool			 told;
	uint64_t		 octets;
	/* messages were removed from it */
	bool			 new_changed, cur_changed;
};

/* --- numbering --------------------------------------------------------- */

static void
number_messages(struct maildir_maildrop *d)
{
	d->drop.count = d->scan.count;
	d->drop.messages = mem_alloc(d->scan.count * sizeof *d->drop.messages);
	for (size_t i = 0; i < d->scan.count; i++)
		maildir_uid(d->scan.entries[i].name, d->drop.messages[i].uid);
}

/* --- one message ------------------------------------------------------- */

/* The file that was listed still has the name.  -1, and errno is ENOENT where
 * another one has it. */
static int
look_at(const struct maildir_maildrop *d, const struct maildir_entry *e,
    int dir, struct stat *st)
{
	if (fstatat(dir, e->name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	errno = ENOENT;
	return S_ISREG(st->st_mode) &&
	    (!d->scan.inodes_tell || st->st_ino == e->inode) ? 0 : -1;
}

/* What is done with a message, whose file st tells of.  -1: errno tells why;
 * ENOENT: it no longer has the name. */
typedef int with_fn(struct maildir_maildrop *d, int dir, const char *name,
    const struct stat *st);

/* Calls fn on the message under the name that it has now. */
static int
with_name(struct maildir_maildrop *d, struct maildir_entry *e, with_fn *fn,
    struct err *err)
{
	struct stat st;

	for (int i = 0; i < TRIES; i++) {
		int dir = e->in_cur ? d->dirs.cur : d->dirs.new;
		if (look_at(d, e, dir, &st) == 0 &&
		    fn(d, dir, e->name, &st) == 0)
			return 0;
		if (errno != ENOENT)
			return err_sys(err, "%s", e->name);
		if (maildir_find_again(&d->dirs, &d->scan, &d->again, e,
		    err) == -1)
			return -1;
	}
	return err_set(err, ERR_TEMPORARY,
	    "%s: another program keeps renaming it", e->name);
}

/* The open file is the one that was looked at: not a moment lies between. */
static int
open_fd(struct maildir_maildrop *d, int dir, const char *name,
    const struct stat *st)
{
	struct stat opened;

	d->fd = compat_open_beneath(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	d->denied = d->fd == -1 && errno == EACCES;
	if (d->fd == -1 || fstat(d->fd, &opened) == -1)
		return -1;
	if (opened.st_ino == st->st_ino && opened.st_dev == st->st_dev)
		return 0;
	drop_fd(&d->fd);
	errno = ENOENT;
	return -1;
}

static int
open_message(struct maildir_maildrop *d, size_t index, struct err *err)
{
	drop_fd(&d->fd);
	d->denied = false;
	if (with_name(d, &d->scan.entries[index], open_fd, err) == 0)
		return 0;
	return d->denied ? err_set(err, ERR_REFUSED, "%s: the account may not "
	    "read it: give it to uid %u (chown)", d->scan.entries[index].name,
	    (unsigned)geteuid()) : -1;
}

static ssize_t
read_message(struct maildrop *drop, size_t index, bool from_start, void *p,
    size_t size, struct err *err)
{
	struct maildir_maildrop *d = (struct maildir_maildrop *)drop;

	if (from_start && open_message(d, index, err) == -1)
		return -1;
	ssize_t n = d->fd == -1 ? 0 : fd_read(d->fd, p, size);
	if (n == -1)
		return err_sys(err, "%s", d->scan.entries[index].name);
	if ((size_t)n < size)
		drop_fd(&d->fd);
	return n;
}

/* --- octets ------------------------------------------------------------ */

static int
ask_name(struct maildir_maildrop *d, int dir, const char *name,
    const struct stat *st)
{
	(void)dir;
	d->told = maildir_told(name, (uint64_t)st->st_size, &d->octets);
	return 0;
}

/* A name that lies and could not be changed would keep a long message from its
 * owner for ever; one that is no unique id as it is would change it. */
static bool
is_to_be_asked(struct maildir_maildrop *d, const struct maildir_entry *e)
{
	if (d->names == NOT_ASKED)
		d->names = maildir_told_can_be_mended(&d->dirs) ? BELIEVED :
		    DISBELIEVED;
	return d->names == BELIEVED && maildir_uid_is_unique_name(e->name);
}

static int
ask_file(struct maildir_maildrop *d, int dir, const char *name,
    const struct stat *st)
{
	(void)dir;
	(void)name;
	d->octets = (uint64_t)st->st_size;
	return 0;
}

static int
measure(struct maildrop *drop, size_t index, struct err *err)
{
	struct maildir_maildrop *d = (struct maildir_maildrop *)drop;
	struct maildir_entry *e = &d->scan.entries[index];

	d->told = false;
	if (is_to_be_asked(d, e) && with_name(d, e, ask_name, err) == -1)
		return -1;
	if (d->told)
		drop->messages[index].octets = d->octets;
	else if (maildrop_count(drop, index, &drop->messages[index].octets,
	    err) == -1) {
		struct err unused;
		if (err->kind == ERR_REFUSED &&
		    with_name(d, e, ask_file, &unused) == 0)
			drop->messages[index].octets = d->octets;
		return -1;
	}
	drop->messages[index].told = d->told;
	drop->messages[index].foreign = !maildir_name_is_ours(e->name);
	drop->messages[index].measured = true;
	return 0;
}

static int
take_out_of_name(struct maildir_maildrop *d, int dir, const char *name,
    const struct stat *st)
{
	(void)d;
	(void)st;
	return maildir_told_take_out(dir, name);
}

static int
disbelieve(struct maildrop *drop, size_t index, struct err *err)
{
	struct maildir_maildrop *d = (struct maildir_maildrop *)drop;
	SCOPED(drop_str) struct str name = { 0 };
	struct maildir_entry *e = &d->scan.entries[index];

	if (with_name(d, e, take_out_of_name, err) == -1)
		return -1;
	maildir_name_without(e->name, MAILDIR_OCTETS, &name);
	e->name = pool_dup(&d->scan.pool, str_slice(&name));
	return 0;
}

/* --- deleting ---------------------------------------------------------- */

/* Between the look at the file and this another one may take its name, within
 * one system call.  A name of our own to look at it under would close that, but
 * a crash would leave mail there: hidden in tmp, or as a new message. */
static int
unlink_name(struct maildir_maildrop *d, int dir, const char *name,
    const struct stat *st)
{
	(void)d;
	(void)st;
	return unlinkat(dir, name, 0);
}

/* What has come since under the name of one that goes would be taken for that
 * one, and get its unique id.  Where messages are is what we see now, too. */
static int
part_newcomers(struct maildir_maildrop *d, struct err *err)
{
	if (maildir_scan_holds(&d->dirs, &d->scan))
		return 0;
	drop_maildir_again(&d->again);
	if (maildir_scan_apart(&d->dirs, &d->again.now, err) == -1)
		return -1;
	d->again.looked = true;
	return 0;
}

/* What another program took away already is gone as was wished, but not
 * removed by us. */
static int
remove_message(struct maildir_maildrop *d, size_t index, struct err *err)
{
	struct maildir_entry *e = &d->scan.entries[index];

	if (with_name(d, e, unlink_name, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	d->drop.messages[index].removed = true;
	*(e->in_cur ? &d->cur_changed : &d->new_changed) = true;
	return 0;
}

static int
commit(struct maildrop *drop, struct deadline deadline, struct err *err)
{
	struct maildir_maildrop *d = (struct maildir_maildrop *)drop;
	struct err one;
	int result = 0;

	(void)deadline;			/* nothing here is waited for */
	if (part_newcomers(d, err) == -1)
		return -1;
	for (size_t i = 0; i < d->scan.count; i++) {
		if (!drop->messages[i].deleted ||
		    remove_message(d, i, &one) == 0)
			continue;
		*err = one;
		result = -1;
	}
	if ((d->new_changed && fsync(d->dirs.new) == -1) ||
	    (d->cur_changed && fsync(d->dirs.cur) == -1))
		return err_sys(err, "sync the mailbox");
	return result;
}

/* --- opening ----------------------------------------------------------- */

static void
close_maildrop(struct maildrop *drop)
{
	struct maildir_maildrop *d = (struct maildir_maildrop *)drop;

	drop_maildir(&d->dirs);
	drop_maildir_scan(&d->scan);
	drop_maildir_again(&d->again);
	drop_fd(&d->fd);
}

static void
drop_maildir_maildrop(struct maildir_maildrop **d)
{
	struct maildrop *drop = (struct maildrop *)*d;

	drop_maildrop(&drop);
}

static const struct maildrop_kind maildir_maildrop = {
	.measure = measure,
	.disbelieve = disbelieve,
	.read = read_message,
	.commit = commit,
	.close = close_maildrop,
};

/* A Maildir that lacks one of its directories is given it; one that is not
 * there at all stays so. */
static int
open_directories(const struct mailbox *mailbox, struct maildir *dirs,
    struct err *err)
{
	struct stat st;

	if (maildir_open(mailbox, false, dirs, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	if (fstatat(mailbox->parent, mailbox->name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", mailbox->name);
	return maildir_open(mailbox, true, dirs, err);
}

int
maildir_open_maildrop(const struct mailbox *mailbox, struct deadline deadline,
    struct maildrop **out, struct err *err)
{
	SCOPED(drop_maildir_maildrop) struct maildir_maildrop *d =
	    mem_alloc(sizeof *d);

	(void)deadline;			/* a Maildir needs no lock */
	d->drop = (struct maildrop){ .kind = &maildir_maildrop, .session = -1 };
	d->dirs = MAILDIR_NONE;
	d->fd = -1;
	if (open_directories(mailbox, &d->dirs, err) == -1)
		return -1;
	if (d->dirs.new != -1 && maildir_scan_apart(&d->dirs, &d->scan,
	    err) == -1)
		return -1;
	number_messages(d);
	*out = &d->drop;
	d = NULL;
	return 0;
}
