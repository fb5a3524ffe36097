/* message_fuzz.c: a message's header: what goes, what comes, loops. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "message.h"
#include "scope.h"

#define ADDRESS	"joe@a.test"
static const char trace[] = "Return-Path: <s@far.test>\n"
    "Delivered-To: " ADDRESS "\n";

static struct message
in_memory(struct slice bytes)
{
	struct message m = MESSAGE_NONE;

	str_addslice(&m.memory, bytes);
	m.size = bytes.len;
	return m;
}

static void
deliver(struct message *m, struct str *out)
{
	struct stream content;
	char chunk[32771];
	struct err err;
	ssize_t n;

	message_content(m, trace, &content);
	stream_rewind(&content);
	while ((n = stream_read(&content, chunk, sizeof chunk, &err)) > 0)
		str_add(out, chunk, (size_t)n);
	promise(n == 0 && out->len == stream_size(&content),
	    "content can be read");
}

/* What was delivered is delivered again; "Return-Path" of the first time goes,
 * and nothing else. */
static void
once_more(struct slice delivered, struct slice kept)
{
	static const size_t path = sizeof "Return-Path: <s@far.test>\n" - 1;
	SCOPED(drop_message) struct message m = in_memory(delivered);
	SCOPED(drop_str) struct str twice = { 0 };
	struct err err;

	promise(message_check_loop(&m, ADDRESS, &err) == -1 &&
	    err.kind == ERR_REFUSED, "a loop is seen");
	/* A message without a header whose first line is indented: to others
	 * that line is a part of our last field. */
	if (slice_starts(kept, " ") || slice_starts(kept, "\t"))
		return;
	deliver(&m, &twice);
	struct slice again = slice_from(str_slice(&twice), sizeof trace - 1);
	promise(slice_equal(again, slice_from(delivered, path)),
	    "a header stripped twice is the same");
}

/* The beginning in memory, all of it in a file. */
static void
partly_in_memory(struct slice input, struct slice delivered, size_t part)
{
	SCOPED(drop_str) struct str out = { 0 };
	struct slice head = input;

	if (part >= input.len)
		return;
	head.len = part;
	/* A field that memory ends in may be longer: it stays. */
	if (!slice_starts(head, "\n") && (head.len == 0 ||
	    memmem(head.p, head.len, "\n\n", 2) == NULL))
		return;
	struct message m = in_memory(head);
	m.file = fuzz_file(input);
	m.size = input.len;
	deliver(&m, &out);
	promise(slice_equal(str_slice(&out), delivered),
	    "a long message is delivered like a short one");
	m.file = -1;
	drop_message(&m);
}

static int
open_unnamed(void *arg, int *fd, struct err *err)
{
	(void)arg;
	*fd = memfd_create("message", MFD_CLOEXEC);
	return *fd == -1 ? err_sys(err, "unnamed file") : 0;
}

/* With a body that memory does not hold. */
static void
through_a_file(struct slice input)
{
	static char body[MESSAGE_MEMORY];
	SCOPED(drop_str) struct str text = { 0 }, wanted = { 0 }, got = { 0 };
	SCOPED(drop_message) struct message read = MESSAGE_NONE;
	const struct message_intake how = {
		.deadline = deadline_in(10000), .open_file = open_unnamed,
		.trace = trace,
	};
	struct err err;

	memset(body, 'x', sizeof body);
	str_addslice(&text, input);
	str_adds(&text, "\n\n");
	str_add(&text, body, sizeof body);
	promise(message_read(fuzz_file(str_slice(&text)), &how, &read,
	    &err) == 0 && read.file != -1, "a long message goes into a file");
	SCOPED(drop_message) struct message kept =
	    in_memory(str_slice(&text));
	deliver(&kept, &wanted);
	deliver(&read, &got);
	promise(slice_equal(str_slice(&wanted), str_slice(&got)),
	    "a file is delivered like what memory holds");
}

static void
trimmed_and_inside(struct slice value, const struct message *m)
{
	if (value.len == 0)
		return;
	promise(value.p >= m->memory.s &&
	    value.p + value.len <= m->memory.s + m->memory.len,
	    "a Message-ID is a part of the message");
	promise(!strchr(" \t\r\n", value.p[0]) || value.p[0] == '\0',
	    "a Message-ID begins with no blank");
}

void
fuzz(struct slice input)
{
	size_t part = fuzz_choice(&input) * 8;
	bool is_long = part >= 253 * 8;
	SCOPED(drop_message) struct message m = in_memory(input);
	SCOPED(drop_str) struct str out = { 0 };
	struct slice id = message_id(&m);
	struct err err;

	trimmed_and_inside(id, &m);
	deliver(&m, &out);
	promise(slice_starts(str_slice(&out), trace), "the trace is on top");
	struct slice kept = slice_from(str_slice(&out), sizeof trace - 1);
	promise(kept.len <= input.len, "nothing is added to a message");
	const char *body = input.len > 0 ? memmem(input.p, input.len, "\n\n",
	    2) : NULL;
	size_t tail = body == NULL ? 0 : input.len - (size_t)(body - input.p) -
	    1;
	promise(kept.len >= tail && slice_equal(slice_from(kept, kept.len -
	    tail), slice_from(input, input.len - tail)), "a body stays");
	if (message_check_loop(&m, NULL, &err) == -1)
		promise(err.kind == ERR_REFUSED, "too many hops are refused");
	once_more(str_slice(&out), kept);
	partly_in_memory(input, str_slice(&out), part);
	if (is_long)
		through_a_file(input);
}
