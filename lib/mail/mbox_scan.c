/* mbox_scan.c: where the messages of an mbox file begin and end. */
#include "mbox_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <xxhash.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"
#include "str.h"

enum {
	BUFFER = 65536,
	/* of a line must be there before it is judged */
	AHEAD = 256,
};

static const char from_[] = "From ";
enum { FROM_LEN = sizeof from_ - 1 };

/* A window of the file that moves on.  All that lies before `at` is done. */
struct scanner {
	int		 fd;
	const char	*buffer;	/* space, where fd is read */
	char		*space;
	size_t		 at, len;
	off_t		 base;		/* of buffer[0] in the file */
	bool		 at_end;	/* nothing follows the window */

	struct mbox_entry entry;	/* the message that is being read */
	bool		 in_message, in_header;
	bool		 after_empty;	/* the line before was empty */
	off_t		 empty_at;	/* where that line began */
	bool		 is_first;
	/* of the header of the first message */
	bool		 pseudo_subject, pseudo_field, delivered;

	XXH3_state_t	*hash;
	/* the current line goes into the hash */
	bool		 counts;
	/* what counts and is not hashed yet: from here to at */
	size_t		 run;
	/* empty lines that count as soon as another line follows: other
	 * programs add and remove those at a message's end */
	uint64_t	 empty_lines;
};

static void
drop_hash(XXH3_state_t **hash)
{
	XXH3_freeState(*hash);
}

static void
hash_run(struct scanner *s)
{
	if (s->counts && s->at > s->run)
		XXH3_128bits_update(s->hash, s->buffer + s->run,
		    s->at - s->run);
	s->run = s->at;
}

static void
hash_line_ends(struct scanner *s, uint64_t count)
{
	static const char ends[] = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";

	while (count > 0) {
		size_t n = count < sizeof ends - 1 ? (size_t)count :
		    sizeof ends - 1;
		XXH3_128bits_update(s->hash, ends, n);
		count -= n;
	}
}

/* Makes AHEAD bytes from `at` on be there, or all there are. */
static int
look_ahead(struct scanner *s, struct err *err)
{
	if (s->len - s->at >= AHEAD || s->at_end)
		return 0;
	hash_run(s);
	memmove(s->space, s->space + s->at, s->len - s->at);
	s->base += (off_t)s->at;
	s->len -= s->at;
	s->at = s->run = 0;
	ssize_t n = fd_pread(s->fd, s->space + s->len, BUFFER - s->len,
	    s->base + (off_t)s->len);
	if (n == -1)
		return err_sys(err, "read");
	s->at_end = (size_t)n < BUFFER - s->len;
	s->len += (size_t)n;
	return 0;
}

static struct slice
window(const struct scanner *s)
{
	return (struct slice){ s->buffer + s->at, s->len - s->at };
}

/* --- headers ----------------------------------------------------------- */

/* What programs put into a message that lies in a mailbox already. */
static const char *const changing[] = {
	"status", "x-status", "x-keywords", "x-uid", "x-imap", "x-imapbase",
	    "content-length",
	"lines", NULL
};

static bool
is_field(struct slice line, const char *name)
{
	size_t len = strlen(name);

	if (line.len <= len || strncasecmp(line.p, name, len) != 0)
		return false;
	while (len < line.len && (line.p[len] == ' ' || line.p[len] == '\t'))
		len++;
	return len < line.len && line.p[len] == ':';
}

static bool
may_change(struct slice line)
{
	char c = ascii_lower(line.p[0]);

	for (size_t i = 0; changing[i] != NULL; i++)
		if (c == changing[i][0] && is_field(line, changing[i]))
			return true;
	return false;
}

/* c-client keeps its own data in a first message that nobody wrote, and that
 * no delivery put there: else a sender could hide a message. */
static void
look_for_pseudo(struct scanner *s, struct slice line)
{
	static const char subject[] = "FOLDER INTERNAL DATA";
	const char *end = memchr(line.p, '\n', line.len);

	if (end != NULL)
		line.len = (size_t)(end - line.p);
	if (is_field(line, "x-imap"))
		s->pseudo_field = true;
	if (is_field(line, "return-path") || is_field(line, "delivered-to"))
		s->delivered = true;
	if (is_field(line, "subject") &&
	    memmem(line.p, line.len, subject, sizeof subject - 1) != NULL)
		s->pseudo_subject = true;
}

static void
begin_header_line(struct scanner *s)
{
	struct slice line = window(s);
	bool counts = s->counts;

	if (line.p[0] != ' ' && line.p[0] != '\t') {
		counts = !may_change(line);
		if (s->is_first)
			look_for_pseudo(s, line);
	}
	if (counts != s->counts)
		hash_run(s);
	s->counts = counts;
}

/* --- lines ------------------------------------------------------------- */

static void
begin_empty_line(struct scanner *s)
{
	hash_run(s);
	s->in_header = s->counts = false;
	s->empty_lines++;
}

static void
begin_body_line(struct scanner *s)
{
	if (s->empty_lines == 0)
		return;
	hash_line_ends(s, s->empty_lines);
	s->empty_lines = 0;
	s->run = s->at;
	s->counts = true;
}

/* The file ends within the line: the next delivery will end it. */
static void
hash_missing_end(struct scanner *s)
{
	if (!s->counts)
		return;
	hash_run(s);
	hash_line_ends(s, 1);
}

/* Goes behind the line's end; *ends is how many bytes it is (0, LF, CRLF). */
static int
skip_line(struct scanner *s, int *ends, struct err *err)
{
	char before = '\0';

	for (;;) {
		struct slice rest = window(s);
		if (rest.len == 0) {
			*ends = 0;
			hash_missing_end(s);
			return 0;
		}
		const char *lf = memchr(rest.p, '\n', rest.len);
		if (lf != NULL) {
			if (lf > rest.p)
				before = lf[-1];
			s->at += (size_t)(lf - rest.p) + 1;
			*ends = before == '\r' ? 2 : 1;
			return 0;
		}
		before = rest.p[rest.len - 1];
		s->at = s->len;
		if (look_ahead(s, err) == -1)
			return -1;
	}
}

/* The line begins with '>': goes on to the last one of the row. */
static int
skip_quotes(struct scanner *s, bool *quoted, struct err *err)
{
	for (;;) {
		struct slice rest = window(s);
		size_t n = 0;
		while (n + 1 < rest.len && rest.p[n + 1] == '>')
			n++;
		s->at += n;
		if (rest.len - n > FROM_LEN || s->at_end) {
			*quoted = slice_starts(slice_from(rest, n + 1), from_);
			return 0;
		}
		if (look_ahead(s, err) == -1)
			return -1;
	}
}

static off_t
position(const struct scanner *s)
{
	return s->base + (off_t)s->at;
}

static bool
is_empty(struct slice line)
{
	return line.p[0] == '\n' || (line.len > 1 && line.p[0] == '\r' &&
	    line.p[1] == '\n');
}

/* The file ends in a CR: once the next delivery has ended that line, it is an
 * empty one. */
static bool
will_be_empty(struct slice line)
{
	return line.len == 1 && line.p[0] == '\r';
}

/* Lines of a body that are whole in the window and begin with nothing special,
 * which is nearly all there is. */
static void
plain_lines(struct scanner *s)
{
	const char *start = s->buffer + s->at, *p = start, *lf;
	const char *end = s->buffer + s->len;
	uint64_t added = 0;		/* what goes out as CRs */

	while (p < end && *p != '\n' && *p != '\r' && *p != '>' &&
	    (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		added += lf[-1] != '\r';
		p = lf + 1;
	}
	s->entry.octets += (uint64_t)(p - start) + added;
	s->at += (size_t)(p - start);
}

/* One line of a message. */
static int
message_line(struct scanner *s, struct err *err)
{
	off_t began = position(s);
	int ends;
	bool quoted = false;
	bool empty = is_empty(window(s));

	if (empty || will_be_empty(window(s)))
		begin_empty_line(s);
	else if (s->in_header)
		begin_header_line(s);
	else
		begin_body_line(s);
	if (s->buffer[s->at] == '>' && skip_quotes(s, &quoted, err) == -1)
		return -1;
	if (skip_line(s, &ends, err) == -1)
		return -1;
	/* Every line end goes out as two bytes, one '>' does not go out. */
	s->entry.octets += (uint64_t)(position(s) - began) + (uint64_t)(
	    2 - ends) - quoted;
	s->entry.quoted = s->entry.quoted || quoted;
	s->after_empty = empty;
	if (empty)
		s->empty_at = began;
	else if (!s->in_header)
		plain_lines(s);
	return 0;
}

/* --- messages ---------------------------------------------------------- */

static int
begin_message(struct scanner *s, struct err *err)
{
	int ends;

	s->entry = (struct mbox_entry){ .from = position(s) };
	s->in_message = s->in_header = true;
	s->after_empty = false;
	s->pseudo_field = s->pseudo_subject = s->delivered = false;
	XXH3_128bits_reset(s->hash);
	s->counts = true;
	s->empty_lines = 0;
	s->run = s->at;
	if (skip_line(s, &ends, err) == -1)
		return -1;
	s->entry.start = position(s);
	return 0;
}

/* The empty line that separates it from the next one is not part of it. */
static void
end_message(struct scanner *s, struct mbox_scan *out, size_t *room)
{
	hash_run(s);
	XXH128_hash_t got = XXH3_128bits_digest(s->hash);
	s->entry.hash = (struct uid_hash){ got.high64, got.low64 };
	s->counts = false;
	s->entry.end = position(s);
	if (s->after_empty) {
		s->entry.end = s->empty_at;
		s->entry.octets -= 2;
	}
	if (out->count == *room) {
		*room = *room == 0 ? 16 : *room * 2;
		out->entries = mem_grow(out->entries, *room,
		    sizeof *out->entries);
	}
	out->entries[out->count++] = s->entry;
	if (s->is_first)
		out->pseudo = s->pseudo_field && s->pseudo_subject &&
		    !s->delivered;
	s->is_first = s->in_message = false;
}

/* Before the first message there may be empty lines, and nothing else. */
static int
preamble_line(struct scanner *s, struct err *err)
{
	int ends;

	if (!is_empty(window(s)))
		return err_set(err, ERR_TEMPORARY,
		    "not an mbox file: it does not begin with \"From \": "
		    "repair it, or move it away");
	return skip_line(s, &ends, err);
}

static int
scan(struct scanner *s, size_t max, struct mbox_scan *out, struct err *err)
{
	size_t room = 0;

	for (;;) {
		if (look_ahead(s, err) == -1)
			return -1;
		struct slice rest = window(s);
		bool begins = rest.len > 0 && rest.p[0] == 'F' &&
		    slice_starts(rest, from_) &&
		    (s->after_empty || !s->in_message);
		if (s->in_message && (rest.len == 0 || begins))
			end_message(s, out, &room);
		if (rest.len == 0 || out->count == max)
			break;
		int got = begins ? begin_message(s, err) :
		    s->in_message ? message_line(s, err) :
		    preamble_line(s, err);
		if (got == -1)
			return -1;
	}
	out->size = position(s);
	return 0;
}

int
mbox_scan(int fd, off_t from, size_t max, struct mbox_scan *out,
    struct err *err)
{
	SCOPED(drop_mem) char *buffer = mem_grow(NULL, BUFFER, 1);
	SCOPED(drop_hash) XXH3_state_t *hash = XXH3_createState();
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };
	struct scanner s = { .fd = fd, .buffer = buffer, .space = buffer, .base = from,
	    .is_first = from == 0, .hash = hash };

	if (hash == NULL)
		return err_sys(err, "prepare a hash");
	if (scan(&s, max, &found, err) == -1)
		return -1;
	*out = found;
	found = (struct mbox_scan){ 0 };
	return 0;
}

bool
mbox_scan_bytes(off_t from, struct slice bytes, struct mbox_entry *out)
{
	SCOPED(drop_hash) XXH3_state_t *hash = XXH3_createState();
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };
	struct scanner s = { .fd = -1, .buffer = bytes.p, .len = bytes.len,
	    .at_end = true, .base = from, .is_first = from == 0, .hash = hash };
	struct err err;

	if (hash == NULL || scan(&s, 2, &found, &err) == -1 ||
	    found.count != 1 || found.entries[0].from != from)
		return false;
	*out = found.entries[0];
	return true;
}

bool
mbox_entry_same(const struct mbox_entry *was, const struct mbox_entry *is,
    bool last)
{
	off_t grown = is->end - was->end;

	return is->from == was->from && is->start == was->start &&
	    is->hash.high == was->hash.high && is->hash.low == was->hash.low &&
	    (grown == 0 || (last && grown > 0 && grown <= 2)) &&
	    is->octets == was->octets && is->quoted == was->quoted;
}

void
drop_mbox_scan(struct mbox_scan *scan)
{
	drop_mem(&scan->entries);
}
