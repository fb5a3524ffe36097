/* maildrop.c: a mailbox as POP3 sees it: one session at a time, and which
 * kind. */
#include "maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "maildir.h"
#include "mbox.h"
#include "mem.h"
#include "moved.h"
#include "octets.h"
#include "scope.h"
#include "session_lock.h"

enum { COUNT_CHUNK = 65536 };

static const struct {
	const struct mailbox_kind	*kind;
	int	(*open)(const struct mailbox *, struct deadline,
	    struct maildrop **, struct err *);
} openers[] = {
	{ &mbox_kind, mbox_open_maildrop },
	{ &maildir_kind, maildir_open_maildrop },
};

/* Said before anything is tried that another owner's mode would forbid. */
static int
check_owner(const struct mailbox *mailbox, struct err *err)
{
	struct stat st;

	if (fstatat(mailbox->parent, mailbox->name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", mailbox->path);
	if (S_ISLNK(st.st_mode) &&
	    moved_is_mark(mailbox->parent, mailbox->name, err))
		return err_within(err, "%s", mailbox->path);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_REFUSED,
		    "%s: belongs to uid %u, not to uid %u (chown)",
		    mailbox->path, (unsigned)st.st_uid, (unsigned)geteuid());
	return 0;
}

int
maildrop_open(const struct mailbox *mailbox, struct deadline d,
    struct maildrop **out, struct err *err)
{
	SCOPED(drop_fd) int session = -1;

	if (check_owner(mailbox, err) == -1)
		return -1;
	if (session_lock(mailbox, &session, err) == -1)
		return err_within(err, "%s", mailbox->path);
	for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
		if (openers[i].kind != mailbox->kind)
			continue;
		if (openers[i].open(mailbox, d, out, err) == -1)
			return err_within(err, "%s", mailbox->path);
		(*out)->session = session;
		session = -1;
		return 0;
	}
	return err_set(err, ERR_TEMPORARY,
	    "%s: %s mailboxes cannot be read by POP3", mailbox->path,
	    mailbox->kind->name);
}

struct maildrop *
maildrop_empty(void)
{
	struct maildrop *drop = mem_alloc(sizeof *drop);

	drop->session = -1;
	return drop;
}

int
maildrop_measure(struct maildrop *drop, size_t index, struct err *err)
{
	return drop->messages[index].measured ? 0 :
	    drop->kind->measure(drop, index, err);
}

int
maildrop_count(struct maildrop *drop, size_t index, uint64_t *octets,
    struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, COUNT_CHUNK, 1);
	struct octets counted = { 0 };
	bool from_start = true;
	ssize_t n;

	do {
		n = maildrop_read(drop, index, from_start, chunk, COUNT_CHUNK,
		    err);
		if (n == -1)
			return -1;
		octets_add(&counted, (struct slice){ chunk, (size_t)n });
		from_start = false;
	} while (n > 0);
	*octets = octets_total(&counted);
	return 0;
}

int
maildrop_disbelieve(struct maildrop *drop, size_t index, uint64_t octets,
    struct err *err)
{
	drop->messages[index].octets = octets;
	drop->messages[index].told = false;
	return drop->kind->disbelieve(drop, index, err);
}

ssize_t
maildrop_read(struct maildrop *drop, size_t index, bool from_start, void *p,
    size_t size, struct err *err)
{
	return drop->kind->read(drop, index, from_start, p, size, err);
}

int
maildrop_commit(struct maildrop *drop, struct deadline d, struct err *err)
{
	for (size_t i = 0; i < drop->count; i++)
		if (drop->messages[i].deleted)
			return drop->kind->commit(drop, d, err);
	return 0;
}

void
drop_maildrop(struct maildrop **drop)
{
	struct maildrop *d = *drop;

	*drop = NULL;
	if (d == NULL)
		return;
	int session = d->session;
	drop_mem(&d->messages);
	if (d->kind != NULL)
		d->kind->close(d);
	drop_mem(&d);
	drop_fd(&session);	/* last: nobody else may begin before */
}
