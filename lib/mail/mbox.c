/* mbox.c: delivering into an mbox file (RFC 4155, with mboxrd quoting). */
#include "mbox.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "fd.h"
#include "mailbox.h"
#include "mbox_file.h"
#include "scope.h"

enum {
	CHUNK = 65536,
	/* what takes several writes can be torn */
	DURABLE_RECORD = CHUNK,
};

/* --- quoting ----------------------------------------------------------- */

static const char from_[] = "From ";
enum { FROM_LEN = sizeof from_ - 1 };

/* Puts one more '>' before every line of ">*From ".  Where in the row of '>'
 * it stands makes no difference, so only a beginning of "From " is held
 * back. */
struct quoter {
	bool	in_line;	/* past the point where quoting is decided */
	size_t	held;		/* so many bytes of "From " */
	char	last;
};

static void
quote(struct quoter *q, const char *p, size_t len, struct str *out)
{
	size_t i = 0, taken = 0;	/* before taken, all is in out or held */

	while (i < len) {
		if (q->in_line) {
			const char *end = memchr(p + i, '\n', len - i);
			q->in_line = end == NULL;
			i = end != NULL ? (size_t)(end - p) + 1 : len;
		} else if (q->held == 0 && p[i] == '>') {
			i++;
		} else if (p[i] == from_[q->held]) {
			str_add(out, p + taken, i - taken);
			taken = ++i;
			if (++q->held == FROM_LEN) {
				str_adds(out, ">From ");
				*q = (struct quoter){ .in_line = true };
			}
		} else {
			str_add(out, from_, q->held);
			q->held = 0;
			q->in_line = true;
		}
	}
	str_add(out, p + taken, len - taken);
	if (len > 0)
		q->last = p[len - 1];
}

/* The message's last line end, and the empty line that separates it. */
static void
quote_end(struct quoter *q, struct str *out)
{
	str_add(out, from_, q->held);
	str_adds(out, q->last == '\n' ? "\n" : "\n\n");
}

/* --- writing ----------------------------------------------------------- */

static void
add_from_line(struct str *out, const char *sender)
{
	time_t now = time(NULL);
	struct tm utc;
	char date[32];

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &utc);
	str_adds(out, from_);
	size_t start = out->len;
	if (sender[0] != '\0')
		address_add_sender(out, sender);
	else
		str_adds(out, "MAILER-DAEMON");
	for (size_t i = start; i < out->len; i++)
		if (out->s[i] == ' ')
			out->s[i] = '_';
	str_addf(out, " %s\n", date);
}

/* What has to stand before a new message, so that it is one: nothing after an
 * empty line, else the rest of one.  A torn message is never joined. */
static int
separator(const struct mbox_file *f, const char **text, struct err *err)
{
	char tail[2] = "\n\n";
	off_t size = f->st.st_size;
	size_t n = size < 2 ? (size_t)size : 2;

	if (fd_pread(f->fd, tail + 2 - n, n, size - (off_t)n) != (ssize_t)n)
		return err_sys(err, "read the end of %s", f->name);
	*text = tail[1] != '\n' ? "\n\n" : tail[0] != '\n' ? "\n" : "";
	return 0;
}

struct appending {
	const struct delivery	*delivery;
	struct str		 head;		/* separator and From_ line */
	/* what run() came to last: all of a short entry */
	struct str		 out;
};

static void
drop_appending(struct appending *a)
{
	drop_str(&a->head);
	drop_str(&a->out);
}

/* Runs through all bytes of the entry: counts them, and writes them to fd
 * unless it is -1. */
static int
run(struct appending *a, int fd, uint64_t *len, struct err *err)
{
	uint64_t size = stream_size(a->delivery->content);
	struct quoter quoter = { 0 };
	char chunk[CHUNK];
	ssize_t n;

	*len = 0;
	str_cut(&a->out, 0);
	str_room(&a->out, a->head.len + (size < CHUNK ? (size_t)size :
	    CHUNK) + 2);
	str_addslice(&a->out, str_slice(&a->head));
	stream_rewind(a->delivery->content);
	for (bool last = false; !last; ) {
		n = stream_read(a->delivery->content, chunk, CHUNK, err);
		if (n == -1)
			return -1;
		quote(&quoter, chunk, (size_t)n, &a->out);
		last = n < CHUNK;
		if (last)
			quote_end(&quoter, &a->out);
		if (!last && a->out.len < CHUNK)
			continue;
		if (fd != -1 && fd_write(fd, a->out.s, a->out.len) == -1)
			return err_sys(err, "write");
		*len += a->out.len;
		if (!last)
			str_cut(&a->out, 0);
	}
	return 0;
}

/* A short entry is still there from counting its bytes. */
static int
write_entry(struct appending *a, int fd, uint64_t len, struct err *err)
{
	uint64_t written;

	if (a->out.len != len)
		return run(a, fd, &written, err);
	return fd_write(fd, a->out.s, a->out.len) == -1 ?
	    err_sys(err, "write") : 0;
}

static int
append(struct mbox_file *f, struct appending *a, uint64_t len, struct err *err)
{
	if (mbox_file_record(f, len, str_slice(&a->head), len > DURABLE_RECORD,
	    err) == -1 || write_entry(a, f->fd, len, err) == -1)
		return -1;
	if (fsync(f->fd) == -1)
		return err_sys(err, "sync");
	if (f->created && fsync(f->dir) == -1)
		return err_sys(err, "sync its directory");
	return 0;
}

/* The file as it was, before anybody else gets the locks. */
static void
take_back(struct mbox_file *f, struct err *err)
{
	struct err inner = *err;

	if (ftruncate(f->fd, f->st.st_size) == -1 || fsync(f->fd) == -1) {
		/* The undo record stays: whoever comes next does it. */
		err_fill(err, inner.kind,
		    "%s; and the part that was written could not be taken back",
		    inner.text);
		return;
	}
	mbox_file_clear(f);
	if (f->created)
		unlinkat(f->dir, f->name, 0);
}

int
mbox_append(struct mbox_file *f, const struct delivery *delivery,
    struct err *err)
{
	SCOPED(drop_appending) struct appending a = { .delivery = delivery };
	const char *before = "";
	uint64_t len;

	if (separator(f, &before, err) == -1)
		return -1;
	str_adds(&a.head, before);
	add_from_line(&a.head, delivery->sender);
	if (run(&a, -1, &len, err) == -1 ||
	    mailbox_make_room(delivery->room, (uint64_t)f->st.st_size, len,
	    err) == -1) {
		if (f->created)
			unlinkat(f->dir, f->name, 0);
		return -1;
	}
	if (append(f, &a, len, err) == -1) {
		take_back(f, err);
		return -1;
	}
	mbox_file_appended(f);
	return 0;
}

static int
deliver(const struct mailbox *mailbox, const struct delivery *delivery,
    struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct deadline d =
	    deadline_within(delivery->deadline,
	    (int64_t)mailbox->lock_timeout * 1000);

	if (mbox_file_open(mailbox->parent, mailbox->name, MBOX_FILE_CREATE, d,
	    &f, err) == -1)
		return -1;
	return mbox_append(&f, delivery, err);
}

static int
size(const struct mailbox *mailbox, uint64_t *bytes, struct err *err)
{
	struct stat st;

	if (fstatat(mailbox->parent, mailbox->name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return err_open(err, mailbox->name);
	*bytes = (uint64_t)st.st_size;
	return 0;
}

const struct mailbox_kind mbox_kind = {
	.name = "mbox",
	.deliver = deliver,
	.size = size,
};
