/* mbox_scan_fuzz.c: an mbox of any bytes, and a message appended to it. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "mbox.h"
#include "mbox_check.h"
#include "mbox_end.h"
#include "mbox_scan.h"
#include "scope.h"

static bool
same_hash(const struct mbox_entry *a, const struct mbox_entry *b)
{
	return a->hash.high == b->hash.high && a->hash.low == b->hash.low;
}

/* ">From ", ">>From " ... */
static bool
is_quoted(struct slice line)
{
	size_t n = 0;

	while (n < line.len && line.p[n] == '>')
		n++;
	return n > 0 && slice_starts(slice_from(line, n), "From ");
}

/* The entry's text without its quoting; what RETR sends of it is counted by
 * hand. */
static uint64_t
unquote(struct slice text, struct str *out, bool *quoted)
{
	struct slice line;
	uint64_t octets = 0;

	while (text.len > 0 && slice_cut(&text, '\n', &line)) {
		bool ended = text.p != NULL;
		if (is_quoted(line)) {
			*quoted = true;
			line = slice_from(line, 1);
		}
		str_addslice(out, line);
		if (ended)
			str_addc(out, '\n');
		octets += line.len + 2 - (ended && slice_ends(line, "\r"));
	}
	return octets;
}

static void
look_at_entry(struct slice file, const struct mbox_entry *e, off_t behind)
{
	SCOPED(drop_str) struct str text = { 0 };
	bool quoted = false;

	promise(e->from >= behind && e->from < e->start && e->start <= e->end &&
	    (size_t)e->end <= file.len, "messages follow one another");
	promise(slice_starts(slice_from(file, (size_t)e->from), "From "),
	    "a message begins with its From_ line");
	struct slice all = { file.p + e->start, (size_t)(e->end - e->start) };
	promise(unquote(all, &text, &quoted) == e->octets,
	    "the octets are those that are sent");
	promise(quoted == e->quoted, "what is quoted says so");
}

static void
from_there_alone(int fd, const struct mbox_entry *e)
{
	SCOPED(drop_mbox_scan) struct mbox_scan one = { 0 };
	struct err err;

	promise(mbox_scan(fd, e->from, 1, &one, &err) == 0 && one.count == 1,
	    "a scan can begin at any message");
	promise(one.entries[0].end == e->end && same_hash(one.entries, e) &&
	    one.entries[0].octets == e->octets,
	    "a message alone is the same message");
}

/* Pieces give what the whole gives; and what it did not say is not believed. */
static void
in_pieces(struct slice file, const struct mbox_entry *e, off_t end,
    size_t piece)
{
	struct mbox_check *check = NULL;
	struct mbox_entry lie = *e;
	struct err err;

	lie.hash.low ^= piece % 4 == 0;
	lie.octets += piece % 4 == 1;
	lie.end -= piece % 4 == 2;
	promise(mbox_check_begin(&check, &lie, end, &err) == 0, "memory");
	struct slice rest = slice_from(file, (size_t)e->from);
	if (rest.len > (size_t)(end - e->from) + MBOX_CHECK_AHEAD)
		rest.len = (size_t)(end - e->from) + MBOX_CHECK_AHEAD;
	for (; (off_t)(rest.p - file.p) + (off_t)piece < end;
	    rest = slice_from(rest, piece))
		promise(mbox_check_add(check, (struct slice){ rest.p, piece }),
		    "a message is what it is, in pieces too");
	promise(mbox_check_end(check, rest) == (piece % 4 == 3),
	    "and only that");
	drop_mbox_check(&check);
}

static void
look_at(struct slice file, int fd, const struct mbox_scan *scan,
    size_t piece)
{
	off_t behind = 0;

	promise((size_t)scan->size == file.len, "a scan goes to the end");
	for (size_t i = 0; i < scan->count; i++) {
		look_at_entry(file, &scan->entries[i], behind);
		behind = scan->entries[i].end;
		if (i >= 4)
			continue;
		from_there_alone(fd, &scan->entries[i]);
		in_pieces(file, &scan->entries[i], i + 1 < scan->count ?
		    scan->entries[i + 1].from : scan->size, piece + i);
	}
	promise(!scan->pseudo || scan->count > 0, "pseudo is a message");
}

/* Appends message as a delivery does; *out is the whole file then. */
static void
append(int fd, struct slice message, struct str *out)
{
	struct mbox_file file = MBOX_FILE_NONE;
	struct stream content = { 0 };
	struct delivery delivery = { .sender = "s@far.test",
	    .content = &content };
	struct err err;
	char chunk[4096];
	ssize_t n;

	file.name = "fuzz";
	file.fd = fd;
	stream_add_memory(&content, message);
	promise(fstat(fd, &file.st) == 0 && lseek(fd, 0, SEEK_END) ==
	    file.st.st_size && mbox_append(&file, &delivery, &err) == 0,
	    "a message can be appended");
	while ((n = fd_pread(fd, chunk, sizeof chunk, (off_t)out->len)) > 0)
		str_add(out, chunk, (size_t)n);
}

static void
one_message_more(int fd, const struct mbox_scan *before, struct slice message)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	bool quoted = false;
	struct err err;

	append(fd, message, &file);
	promise(mbox_scan(fd, 0, SIZE_MAX, &scan, &err) == 0,
	    "an mbox stays one");
	promise(scan.count == before->count + 1,
	    "a message that is appended is one message");
	for (size_t i = 0; i < before->count; i++)
		promise(scan.entries[i].from == before->entries[i].from &&
		    scan.entries[i].octets == before->entries[i].octets &&
		    same_hash(&scan.entries[i], &before->entries[i]),
		    "those before it stay what they are");
	const struct mbox_entry *last = &scan.entries[before->count];
	unquote((struct slice){ file.s + last->start,
	    (size_t)(last->end - last->start) }, &text, &quoted);
	promise(text.len >= 1 && slice_ends(str_slice(&text), "\n"),
	    "its last line ends");
	if (!slice_ends(message, "\n"))
		str_cut(&text, text.len - strlen(mbox_line_end(message.len > 0 ?
		    message.p[message.len - 1] : '\0')));
	promise(slice_equal(str_slice(&text), message),
	    "what comes back is what was appended");
}

/* One message that moves what follows it across the scanner's buffers. */
static void
add_padding(struct str *file, unsigned choice)
{
	static char line[8192];

	if (choice < 192)
		return;
	size_t size = 65536 - 300 + (choice - 192) * 5;
	str_room(file, size + sizeof line);
	str_adds(file, "From pad\n\n");
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\n';
	while (file->len < size)
		str_add(file, line, sizeof line);
	str_cut(file, size);
	str_adds(file, "\n\n");
}

void
fuzz(struct slice input)
{
	SCOPED(drop_str) struct str file = { 0 };
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct err err;

	add_padding(&file, fuzz_choice(&input));
	struct slice message = fuzz_part(&input);
	str_addslice(&file, input);
	int fd = fuzz_file(str_slice(&file));
	if (mbox_scan(fd, 0, SIZE_MAX, &scan, &err) == -1) {
		promise(err.kind == ERR_TEMPORARY, "no mbox is temporary");
		return;
	}
	look_at(str_slice(&file), fd, &scan, 1 + message.len % 700);
	one_message_more(fd, &scan, message);
}
