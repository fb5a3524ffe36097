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
#include "mbox_end.h"
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
	struct str	*out;		/* NULL: the lines are but counted */
	bool		 in_line;	/* past the point where it is decided */
	size_t		 held;		/* so many bytes of "From " */
	uint64_t	 quoted;	/* so many lines */
};

static void
put(struct quoter *q, const char *p, size_t len)
{
	if (q->out != NULL)
		str_add(q->out, p, len);
}

static void
quote(struct quoter *q, const char *p, size_t len)
{
	size_t i = 0, taken = 0;	/* before taken, all is out or held */

	while (i < len) {
		if (q->in_line) {
			const char *end = memchr(p + i, '\n', len - i);
			q->in_line = end == NULL;
			i = end != NULL ? (size_t)(end - p) + 1 : len;
		} else if (q->held == 0 && p[i] == '>') {
			i++;
		} else if (p[i] == from_[q->held]) {
			put(q, p + taken, i - taken);
			taken = ++i;
			if (++q->held == FROM_LEN) {
				put(q, ">From ", FROM_LEN + 1);
				q->held = 0;
				q->in_line = true;
				q->quoted++;
			}
		} else {
			put(q, from_, q->held);
			q->held = 0;
			q->in_line = true;
		}
	}
	put(q, p + taken, len - taken);
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
	char tail[MBOX_TAIL] = { '\n', '\n', '\n' };
	off_t size = f->st.st_size;
	size_t n = size < MBOX_TAIL ? (size_t)size : MBOX_TAIL;

	if (fd_pread(f->fd, tail + MBOX_TAIL - n, n,
	    size - (off_t)n) != (ssize_t)n)
		return err_sys(err, "read the end of %s", f->name);
	*text = mbox_separator(tail);
	return 0;
}

/* What is to stand in the file, but for the quoting. */
struct entry {
	struct str	head;		/* separator and From_ line */
	struct stream	content;	/* of the message */
	/* its last line end, and the empty line that separates it */
	struct str	tail;
	uint64_t	quoted;		/* lines of it */
};

static void
drop_entry(struct entry *e)
{
	drop_str(&e->head);
	drop_str(&e->tail);
}

/* Looks through the message, so that it is known how long the entry is. */
static int
measure(struct entry *e, uint64_t *len, struct err *err)
{
	SCOPED(drop_str) struct str buffer = { 0 };
	struct quoter quoter = { .out = NULL };
	struct stream content = e->content;
	struct slice bytes;
	char last = '\0';
	int got;

	while ((got = stream_next(&content, &buffer, &bytes, err)) == 1) {
		quote(&quoter, bytes.p, bytes.len);
		last = bytes.p[bytes.len - 1];
	}
	str_adds(&e->tail, mbox_line_end(last));
	str_addc(&e->tail, '\n');
	e->quoted = quoter.quoted;
	*len = e->head.len + stream_size(&e->content) + e->quoted +
	    e->tail.len;
	return got;
}

static int
write_quoted(const struct entry *e, int fd, struct err *err)
{
	SCOPED(drop_str) struct str buffer = { 0 }, out = { 0 };
	struct quoter quoter = { .out = &out };
	struct stream content = e->content;
	struct slice bytes;
	int got;

	str_addslice(&out, str_slice(&e->head));
	while ((got = stream_next(&content, &buffer, &bytes, err)) == 1) {
		quote(&quoter, bytes.p, bytes.len);
		if (out.len < CHUNK)
			continue;
		if (fd_write(fd, out.s, out.len) == -1)
			return err_sys(err, "write");
		str_cut(&out, 0);
	}
	if (got == -1)
		return -1;
	str_add(&out, from_, quoter.held);
	str_addslice(&out, str_slice(&e->tail));
	return fd_write(fd, out.s, out.len) == -1 ? err_sys(err, "write") : 0;
}

static int
write_entry(void *arg, int fd, struct err *err)
{
	const struct entry *e = arg;
	struct stream plain = { 0 };

	if (e->quoted > 0)
		return write_quoted(e, fd, err);
	stream_add_memory(&plain, str_slice(&e->head));
	stream_add(&plain, &e->content);
	stream_add_memory(&plain, str_slice(&e->tail));
	return stream_copy(&plain, fd, NULL, NULL, err);
}

static int
append(struct mbox_file *f, const struct mbox_writing *w, struct err *err)
{
	if (mbox_file_record(f, w->len, w->head, w->len > DURABLE_RECORD,
	    err) == -1 || w->write(w->arg, f->fd, err) == -1)
		return -1;
	if (fsync(f->fd) == -1)
		return err_sys(err, "sync");
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
}

static int
append_or_not(struct mbox_file *f, const struct mbox_writing *w,
    struct err *err)
{
	if (append(f, w, err) == -1) {
		take_back(f, err);
		return -1;
	}
	mbox_file_appended(f);
	f->st.st_size += (off_t)w->len;
	return 0;
}

int
mbox_append(struct mbox_file *f, const struct delivery *delivery,
    struct err *err)
{
	SCOPED(drop_entry) struct entry e = { .content = *delivery->content };
	const char *before = "";
	uint64_t len;

	if (separator(f, &before, err) == -1)
		return -1;
	str_adds(&e.head, before);
	add_from_line(&e.head, delivery->sender);
	stream_rewind(&e.content);
	if (measure(&e, &len, err) == -1 ||
	    mailbox_make_room(delivery->room, (uint64_t)f->st.st_size, len,
	    err) == -1)
		return -1;
	return append_or_not(f, &(struct mbox_writing){ write_entry, &e, len,
	    str_slice(&e.head) }, err);
}

struct separated {
	const char			*before;
	const struct mbox_writing	*entry;
};

static int
write_separated(void *arg, int fd, struct err *err)
{
	const struct separated *s = arg;

	if (fd_write(fd, s->before, strlen(s->before)) == -1)
		return err_sys(err, "write");
	return s->entry->write(s->entry->arg, fd, err);
}

int
mbox_append_entry(struct mbox_file *f, const struct mbox_writing *entry,
    struct err *err)
{
	SCOPED(drop_str) struct str head = { 0 };
	struct separated s = { "", entry };

	if (separator(f, &s.before, err) == -1)
		return -1;
	str_adds(&head, s.before);
	str_addslice(&head, entry->head);
	return append_or_not(f, &(struct mbox_writing){ write_separated, &s,
	    strlen(s.before) + entry->len, str_slice(&head) }, err);
}

static int
deliver(const struct mailbox *mailbox, const struct delivery *delivery,
    struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct deadline d =
	    deadline_within(delivery->deadline,
	    (int64_t)mailbox->lock_timeout * 1000);

	/* What fits into no inbox makes none. */
	if (mailbox_make_room(delivery->room, 0,
	    stream_size(delivery->content), err) == -1)
		return -1;
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
