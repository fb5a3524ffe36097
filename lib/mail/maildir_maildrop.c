/* maildir_maildrop.c: a Maildir as a maildrop.
 *
 * Messages are opened by the names that they had at login; one that another
 * program has renamed since is looked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "compat.h"
#include "fd.h"
#include "maildir.h"
#include "maildir_scan.h"
#include "mem.h"
#include "scope.h"

enum { CHUNK = 65536, TRIES = 4 };

struct maildir_maildrop {
	struct maildrop		 drop;
	struct maildir		 dirs;
	struct maildir_scan	 scan;
	int			 fd;	/* the message that is being read */
	/* messages were removed from it */
	bool			 new_changed, cur_changed;
};

/* --- numbering --------------------------------------------------------- */

static bool
is_usable_uid(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7E)
			return false;
	return s.len >= 1 && s.len <= MAILDROP_UID_MAX;
}

static void
hash_uid(struct slice s, struct maildrop_message *m)
{
	XXH128_hash_t got = XXH3_128bits(s.p, s.len);

	snprintf(m->uid, sizeof m->uid, "%016" PRIx64 "%016" PRIx64,
	    (uint64_t)got.high64, (uint64_t)got.low64);
}

/* Its unique name, as long as that is one; else a hash.  Nothing that others
 * are or do counts: maildir_scan_apart() saw to it that no other has it. */
static void
set_uid(const struct maildir_entry *e, struct maildrop_message *m)
{
	struct slice unique = maildir_unique(e->name);

	if (is_usable_uid(unique))
		memcpy(m->uid, unique.p, unique.len);
	else
		hash_uid(maildir_base(e->name), m);
}

static void
number_messages(struct maildir_maildrop *d)
{
	d->drop.count = d->scan.count;
	d->drop.messages = mem_alloc(d->scan.count * sizeof *d->drop.messages);
	for (size_t i = 0; i < d->scan.count; i++)
		set_uid(&d->scan.entries[i], &d->drop.messages[i]);
}

/* --- one message ------------------------------------------------------- */

/* Calls fn on the message under the name that it has now. */
static int
with_name(struct maildir_maildrop *d, struct maildir_entry *e,
    int (*fn)(struct maildir_maildrop *, int dir, const char *name),
    struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		if (fn(d, e->in_cur ? d->dirs.cur : d->dirs.new, e->name) == 0)
			return 0;
		if (errno != ENOENT)
			return err_sys(err, "%s", e->name);
		if (maildir_find_again(&d->dirs, &d->scan, e, err) == -1)
			return -1;
	}
	return err_set(err, ERR_TEMPORARY,
	    "%s: another program keeps renaming it", e->name);
}

static int
open_fd(struct maildir_maildrop *d, int dir, const char *name)
{
	d->fd = compat_open_beneath(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	return d->fd == -1 ? -1 : 0;
}

static int
open_message(struct maildir_maildrop *d, size_t index, struct err *err)
{
	struct stat st;

	drop_fd(&d->fd);
	if (with_name(d, &d->scan.entries[index], open_fd, err) == -1)
		return -1;
	if (fstat(d->fd, &st) == -1)
		return err_sys(err, "%s", d->scan.entries[index].name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_TEMPORARY, "%s: not a plain file",
		    d->scan.entries[index].name);
	return 0;
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

static int
measure(struct maildrop *drop, size_t index, struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);
	struct maildrop_octets octets = { 0 };
	bool from_start = true;
	ssize_t n;

	do {
		n = read_message(drop, index, from_start, chunk, CHUNK, err);
		if (n == -1)
			return -1;
		maildrop_octets_add(&octets,
		    (struct slice){ chunk, (size_t)n });
		from_start = false;
	} while (n > 0);
	drop->messages[index].octets = maildrop_octets_total(&octets);
	drop->messages[index].measured = true;
	return 0;
}

/* --- deleting ---------------------------------------------------------- */

static int
unlink_name(struct maildir_maildrop *d, int dir, const char *name)
{
	(void)d;
	return unlinkat(dir, name, 0);
}

/* What has come since under the name of one that goes would be taken for that
 * one, and get its unique id. */
static int
part_newcomers(struct maildir_maildrop *d, struct err *err)
{
	SCOPED(drop_maildir_scan) struct maildir_scan now = { 0 };

	if (maildir_scan_holds(&d->dirs, &d->scan))
		return 0;
	return maildir_scan_apart(&d->dirs, &now, err);
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
