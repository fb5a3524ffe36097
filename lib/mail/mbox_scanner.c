/* mbox_scanner.c: what finds the messages in bytes of an mbox, as they come. */
#include "mbox_scanner.h"

#include <string.h>
#include <strings.h>

#include "mbox_end.h"
#include "mem.h"
#include "str.h"

static const char from_[] = "From ";
enum { FROM_LEN = sizeof from_ - 1 };

static struct slice
window(const struct scanner *s)
{
	return (struct slice){ s->window + s->at, s->len - s->at };
}

static off_t
position(const struct scanner *s)
{
	return s->base + (off_t)s->at;
}

/* --- the hash -------------------------------------------------------------- */

static void
hash_run(struct scanner *s)
{
	if (s->counts && s->at > s->run)
		XXH3_128bits_update(s->hash, s->window + s->run,
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

/* As much of it as is there in any case, wherever the window ends. */
static void
begin_header_line(struct scanner *s)
{
	struct slice line = window(s);
	bool counts = s->counts;

	if (line.len > SCANNER_AHEAD)
		line.len = SCANNER_AHEAD;
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
	const char *end = mbox_line_end(s->last);

	if (!s->counts)
		return;
	hash_run(s);
	XXH3_128bits_update(s->hash, end, strlen(end));
}

/* The line begins with '>': goes on to the last one of the row.  False: more
 * has to be seen. */
static bool
skip_quotes(struct scanner *s)
{
	struct slice rest = window(s);
	size_t n = 0;

	while (n + 1 < rest.len && rest.p[n + 1] == '>')
		n++;
	s->at += n;
	if (rest.len - n <= FROM_LEN && !s->at_end)
		return false;
	s->is_quoted = slice_starts(slice_from(rest, n + 1), from_);
	s->place = IN_LINE;
	return true;
}

/* Goes behind the line's end; *ends is how many bytes it is (0, LF, CRLF).
 * False: that is not to be seen yet. */
static bool
skip_line(struct scanner *s, int *ends)
{
	struct slice rest = window(s);
	const char *lf = rest.len > 0 ? memchr(rest.p, '\n', rest.len) : NULL;

	if (lf == NULL) {
		if (rest.len > 0)
			s->last = rest.p[rest.len - 1];
		s->at = s->len;
		if (!s->at_end)
			return false;
		*ends = 0;
		hash_missing_end(s);
		return true;
	}
	if (lf > rest.p)
		s->last = lf[-1];
	s->at += (size_t)(lf - rest.p) + 1;
	*ends = s->last == '\r' ? 2 : 1;
	return true;
}

/* Lines of a body that are whole in the window and begin with nothing special,
 * which is nearly all there is. */
static void
plain_lines(struct scanner *s)
{
	const char *start = s->window + s->at, *p = start, *lf;
	const char *end = s->window + s->len;
	uint64_t added = 0;		/* what goes out as CRs */

	while (p < end && *p != '\n' && *p != '\r' && *p != '>' &&
	    (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		added += lf[-1] != '\r';
		p = lf + 1;
	}
	s->entry.octets += (uint64_t)(p - start) + added;
	s->at += (size_t)(p - start);
}

/* Every line end goes out as two bytes, one '>' does not go out. */
static void
end_line(struct scanner *s, int ends)
{
	s->place = AT_LINE;
	if (s->is_from)
		s->entry.start = position(s);
	if (s->is_from || !s->in_message)
		return;
	s->entry.octets += (uint64_t)(position(s) - s->began) + (uint64_t)(
	    2 - ends) - s->is_quoted;
	s->entry.quoted = s->entry.quoted || s->is_quoted;
	s->after_empty = s->is_empty;
	if (s->is_empty)
		s->empty_at = s->began;
	else if (!s->in_header)
		plain_lines(s);
}

/* --- messages ---------------------------------------------------------- */

static void
begin_message(struct scanner *s)
{
	s->entry = (struct mbox_entry){ .from = position(s) };
	s->in_message = s->in_header = true;
	s->after_empty = false;
	s->pseudo_field = s->pseudo_subject = s->delivered = false;
	XXH3_128bits_reset(s->hash);
	s->counts = true;
	s->empty_lines = 0;
	s->run = s->at;
}

/* The empty line that separates it from the next one is not part of it. */
static void
end_message(struct scanner *s)
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
	mem_room(&s->out.entries, &s->room, s->out.count,
	    sizeof *s->out.entries);
	s->out.entries[s->out.count++] = s->entry;
	if (s->is_first)
		s->out.pseudo = s->pseudo_field && s->pseudo_subject &&
		    !s->delivered;
	s->is_first = s->in_message = false;
}

static void
begin_message_line(struct scanner *s)
{
	s->is_empty = mbox_is_empty_line(window(s));
	if (s->is_empty)
		begin_empty_line(s);
	else if (s->in_header)
		begin_header_line(s);
	else
		begin_body_line(s);
	if (s->window[s->at] == '>')
		s->place = IN_QUOTES;
}

/* Before the first message there may be empty lines, and nothing else. */
static enum scanner_got
begin_line(struct scanner *s, size_t max, struct err *err)
{
	struct slice rest = window(s);

	s->is_from = rest.len > 0 && rest.p[0] == 'F' &&
	    slice_starts(rest, from_) && (s->after_empty || !s->in_message);
	if (s->in_message && (rest.len == 0 || s->is_from))
		end_message(s);
	s->out.size = position(s);
	if (rest.len == 0 || s->out.count == max)
		return SCANNER_DONE;
	s->began = position(s);
	s->place = IN_LINE;
	s->is_quoted = false;
	s->last = '\0';
	if (s->is_from)
		begin_message(s);
	else if (s->in_message)
		begin_message_line(s);
	else if (!mbox_is_empty_line(rest))
		return err_set(err, ERR_TEMPORARY,
		    "not an mbox file: it does not begin with \"From \": "
		    "repair it, or move it away");
	return SCANNER_MORE;
}

/* --- the whole --------------------------------------------------------- */

int
scanner_begin(struct scanner *s, off_t from, struct err *err)
{
	XXH3_state_t *hash = s->hash != NULL ? s->hash : XXH3_createState();
	struct mbox_scan out = { .entries = s->out.entries };

	if (hash == NULL)
		return err_sys(err, "prepare a hash");
	*s = (struct scanner){ .base = from, .is_first = from == 0,
	    .hash = hash, .out = out, .room = s->room };
	return 0;
}

void
scanner_window(struct scanner *s, struct slice bytes, bool at_end)
{
	s->base += (off_t)s->at;
	s->window = bytes.len > 0 ? bytes.p : "";
	s->len = bytes.len;
	s->at = s->run = 0;
	s->at_end = at_end;
}

enum scanner_got
scanner_run(struct scanner *s, size_t max, struct err *err)
{
	enum scanner_got got;
	int ends;

	for (;;) {
		if (s->place == AT_LINE) {
			if (s->len - s->at < SCANNER_AHEAD && !s->at_end)
				break;
			if ((got = begin_line(s, max, err)) != SCANNER_MORE)
				return got;
		}
		if ((s->place == IN_QUOTES && !skip_quotes(s)) ||
		    !skip_line(s, &ends))
			break;
		end_line(s, ends);
	}
	hash_run(s);			/* the window goes */
	return SCANNER_MORE;
}

void
drop_scanner(struct scanner *s)
{
	XXH3_freeState(s->hash);
	drop_mbox_scan(&s->out);
}
