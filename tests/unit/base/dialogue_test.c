/* dialogue_test.c: lines in, replies out, and tables of commands. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dialogue.h"
#include "fd.h"
#include "mem.h"
#include "scope.h"

struct pair {
	struct dialogue	*d;
	int		 client;
};

static void
drop_pair(struct pair *p)
{
	drop_fd(&p->d->in);
	drop_fd(&p->client);
	drop_dialogue(&p->d);
}

static struct pair
open_dialogue(void)
{
	struct pair p;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	p.client = ends[0];
	p.d = dialogue_new(ends[1], ends[1], -1, 10000);
	return p;
}

static void
say(const struct pair *p, const char *text, size_t len)
{
	assert_int_equal(fd_write(p->client, text, len), 0);
}

/* --- lines -------------------------------------------------------------- */

static const struct line_row {
	const char	*name, *sent;
	const char	*lines[4];
} rows[] = {
	{ "CRLF ends a line", "a b\r\n", { "a b" } },
	{ "LF alone ends a line", "a\nb\n", { "a", "b" } },
	{ "CR alone does not", "a\rb\r\n", { "a\rb" } },
	{ "an empty line is a line", "\r\n\nx\n", { "", "", "x" } },
	{ "one CR goes with the end", "a\r\r\n", { "a\r" } },
	{ "what no line end follows is no line", "a\nbcd", { "a" } },
};

static void
check_lines(void **state)
{
	const struct line_row *row = *state;

	for (int ahead = 0; ahead < 2; ahead++) {
		SCOPED(drop_pair) struct pair p = open_dialogue();
		struct slice line;
		p.d->reads_ahead = ahead;
		say(&p, row->sent, strlen(row->sent));
		drop_fd(&p.client);
		for (const char *const *l = row->lines; *l != NULL; l++) {
			assert_int_equal(dialogue_line(p.d, &line), 1);
			assert_true(slice_is(line, *l));
		}
		assert_int_equal(dialogue_line(p.d, &line), -1);
		assert_int_equal(p.d->end, END_HANGUP);
	}
}

static const struct length_row {
	const char	*name;
	size_t		 len;		/* before its CRLF */
	int		 result;
} lengths[] = {
	{ "the longest line is one", DIALOGUE_LINE - 2, 1 },
	{ "a longer one is too long", DIALOGUE_LINE - 1, 0 },
	{ "one of two buffers is one line", 2 * DIALOGUE_LINE, 0 },
	{ "one that ends with the buffer is one", DIALOGUE_INPUT - 2, 0 },
	{ "one beyond the buffer is one, too", DIALOGUE_INPUT + 9, 0 },
};

static void
check_length(void **state)
{
	const struct length_row *row = *state;

	for (int ahead = 0; ahead < 2; ahead++) {
		SCOPED(drop_pair) struct pair p = open_dialogue();
		SCOPED(drop_mem) char *text = mem_alloc(row->len + 10);
		struct slice line;
		p.d->reads_ahead = ahead;
		memset(text, 'x', row->len);
		memcpy(text + row->len, "\r\nNEXT\r\n", 8);
		say(&p, text, row->len + 8);
		assert_int_equal(dialogue_line(p.d, &line), row->result);
		if (row->result == 1)
			assert_int_equal(line.len, row->len);
		assert_int_equal(dialogue_line(p.d, &line), 1);
		assert_true(slice_is(line, "NEXT"));
	}
}

/* Behind a line of any length less is read ahead than one buffer holds. */
static const struct long_row {
	const char	*name;
	size_t		 len;
	int		 result;
} long_lines[] = {
	{ "a long line may be short", 3, 1 },
	{ "a long line may end with the first buffer", DIALOGUE_LINE - 2, 1 },
	{ "a long line may be longer than others", DIALOGUE_LINE, 1 },
	{ "a long line may be as long as is said", 2 * DIALOGUE_LINE - 2, 1 },
	{ "a long line beyond that is too long", 2 * DIALOGUE_LINE - 1, 0 },
};

static void
check_long_line(void **state)
{
	const struct long_row *row = *state;
	SCOPED(drop_pair) struct pair p = open_dialogue();
	char text[4 * DIALOGUE_LINE];
	struct slice line;

	memset(text, 'x', row->len);
	memcpy(text + row->len, "\r\nNEXT\r\n", 8);
	memset(text + row->len + 8, '\n', sizeof text - row->len - 8);
	say(&p, text, sizeof text);
	assert_int_equal(dialogue_long_line(p.d, 2 * DIALOGUE_LINE, &line),
	    row->result);
	if (row->result == 1) {
		assert_int_equal(line.len, row->len);
		assert_true(p.d->len < DIALOGUE_LINE);
	}
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_true(slice_is(line, "NEXT"));
}

/* The second line is moved to the front when more is read. */
static void
test_forget(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	struct slice line;

	(void)state;
	say(&p, "a long secret\nhidden", 20);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	say(&p, "\nrest", 5);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	dialogue_forget(p.d);
	for (const char *const *w = (const char *const[]){ "secret", "hidden",
	    NULL }; *w != NULL; w++)
		assert_null(memmem(p.d->input, p.d->input_touched, *w,
		    6));
	say(&p, "\n", 1);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_true(slice_is(line, "rest"));
}

static bool
is_clear(const char *p, size_t len)
{
	return p[0] == '\0' && memcmp(p, p + 1, len - 1) == 0;
}

static void
test_clear(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	struct slice line;

	(void)state;
	dialogue_ahead(p.d, "USER joe\nPASS sec", 17);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_true(slice_is(line, "USER joe"));
	say(&p, "ret\nSTAT\n", 9);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_true(slice_is(line, "PASS secret"));
	dialogue_forget(p.d);
	assert_null(memmem(p.d->input, p.d->input_touched, "ret", 3));
	dialogue_reply(p.d, "+OK %0500d", 7);
	dialogue_flush(p.d);
	dialogue_reply(p.d, "+OK");
	dialogue_clear(p.d);
	assert_true(is_clear(p.d->input, p.d->input_touched));
	assert_true(is_clear(p.d->output, p.d->output_touched));
	assert_int_equal(p.d->output_touched, 506);
}

static void
test_peek(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	struct slice bytes, line;

	(void)state;
	say(&p, "DATA\r\nab\0c\r\nQUIT\r\n", 18);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_int_equal(dialogue_peek(p.d, &bytes), 0);
	assert_int_equal(bytes.len, 12);
	assert_memory_equal(bytes.p, "ab\0c\r\nQUIT\r\n", 12);
	dialogue_take(p.d, 6);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_true(slice_is(line, "QUIT"));
	drop_fd(&p.client);
	assert_int_equal(dialogue_peek(p.d, &bytes), -1);
	assert_int_equal(p.d->end, END_HANGUP);
}

/* --- replies ------------------------------------------------------------ */

static void
assert_said(const struct pair *p, const char *text)
{
	char got[1024] = "";
	ssize_t n = recv(p->client, got, sizeof got - 1, MSG_DONTWAIT);

	assert_string_equal(got, text);
	assert_true(n > 0 || text[0] == '\0');
}

static void
test_replies_wait(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	struct slice line;

	(void)state;
	say(&p, "one\ntwo\n", 8);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	dialogue_reply(p.d, "+OK %d", 1);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	dialogue_reply(p.d, "+OK %d", 2);
	assert_said(&p, "");
	shutdown(p.client, SHUT_WR);
	assert_int_equal(dialogue_line(p.d, &line), -1);
	assert_said(&p, "+OK 1\r\n+OK 2\r\n");
}

static void
test_long_reply(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	char text[1000], got[1024];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	dialogue_reply(p.d, "%s", text);
	dialogue_flush(p.d);
	ssize_t n = recv(p.client, got, sizeof got, MSG_DONTWAIT);
	assert_true(n > 500 && n <= 512);
	assert_memory_equal(got + n - 2, "\r\n", 2);
}

static void
test_nobody_reads(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	static char much[DIALOGUE_OUTPUT];

	(void)state;
	p.d->idle_ms = 1;
	for (int i = 0; i < 1000 && p.d->end == END_NONE; i++)
		dialogue_add(p.d, much, sizeof much);
	assert_int_equal(p.d->end, END_TIMEOUT);
}

/* --- ends --------------------------------------------------------------- */

static void
test_silence(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	struct slice line;

	(void)state;
	p.d->idle_ms = 1;
	assert_int_equal(dialogue_line(p.d, &line), -1);
	assert_int_equal(p.d->end, END_TIMEOUT);
	assert_string_equal(dialogue_end_name(p.d->end), "timeout");
	assert_string_equal(dialogue_end_name(END_NONE), "error");
	assert_string_equal(dialogue_end_name((enum dialogue_end)99), "error");
}

static void
test_told_to_end(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	SCOPED(drop_fd) int stop = dup(p.client);
	struct slice line;

	(void)state;
	say(&p, "first\n", 6);
	assert_int_equal(write(p.d->in, "x", 1), 1);
	p.d->stop = stop;
	assert_int_equal(dialogue_line(p.d, &line), -1);
	assert_int_equal(p.d->end, END_TERMINATED);
}

/* --- a look around ------------------------------------------------------ */

static void
test_look(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	struct slice line;

	(void)state;
	assert_int_equal(dialogue_look(p.d), END_NONE);
	say(&p, "a\nb\n", 4);
	assert_int_equal(dialogue_look(p.d), END_NONE);
	/* it will say no more, but b is still to be answered */
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	assert_int_equal(dialogue_look(p.d), END_NONE);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_int_equal(dialogue_look(p.d), END_NONE);
	assert_int_equal(dialogue_line(p.d, &line), 1);
	assert_int_equal(dialogue_look(p.d), END_HANGUP);
	assert_int_equal(p.d->end, END_NONE);
}

static void
test_look_gone(void **state)
{
	SCOPED(drop_pair) struct pair p = open_dialogue();
	SCOPED(drop_fd) int told = -1, tell = -1;
	int ends[2];

	(void)state;
	drop_fd(&p.client);
	assert_int_equal(dialogue_look(p.d), END_HANGUP);
	assert_int_equal(pipe(ends), 0);
	told = ends[0];
	tell = ends[1];
	p.d->stop = told;
	assert_int_equal(dialogue_look(p.d), END_HANGUP);
	assert_int_equal(fd_write(tell, "x", 1), 0);
	assert_int_equal(dialogue_look(p.d), END_TERMINATED);
}

/* --- commands ----------------------------------------------------------- */

static void
note(void *session, const struct slice *args, size_t count)
{
	struct str *out = session;

	str_addf(out, "%zu", count);
	for (size_t i = 0; i < count; i++)
		str_addf(out, "[%.*s]", (int)args[i].len, args[i].p);
}

static bool
is_empty(const void *session)
{
	return ((const struct str *)session)->len == 0;
}

static bool
never(const void *session)
{
	(void)session;
	return false;
}

static const struct dialogue_command table[] = {
	{ .name = "NONE", .run = note },
	{ .name = "NEVER", .available = never, .run = note },
	{ .name = "NOW", .available = is_empty, .run = note },
	{ .name = "TWO", .min = 1, .max = 2, .run = note },
	{ .name = "REST", .max = 1, .rest = true, .run = note },
	{ 0 }
};

static const struct command_row {
	const char	*name, *line, *wanted;	/* "": not run */
} commands[] = {
	{ "a command is run", "NONE", "0" },
	{ "in any case of letters", "nOnE", "0" },
	{ "not with an argument too many", "NONE x", "" },
	{ "not with one too few", "TWO", "" },
	{ "one argument", "TWO a", "1[a]" },
	{ "two arguments", "TWO a b", "2[a][b]" },
	{ "three are too many", "TWO a b c", "" },
	{ "an empty argument is none", "TWO a  b", "" },
	{ "the rest keeps its blanks", "REST  a  b ", "1[ a  b ]" },
	{ "there may be no rest", "REST", "0" },
	{ "a name is not a beginning", "NON", "" },
	{ "nor an end of one", "NONEX", "" },
	{ "an empty line is no command", "", "" },
	{ "a leading blank is no command", " NONE", "" },
	{ "one that is not available is no command", "NEVER", "" },
	{ "one that is available is run", "NOW", "0" },
};

static void
check_command(void **state)
{
	const struct command_row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };

	assert_int_equal(dialogue_run(table, &out, slice_of(row->line)),
	    row->wanted[0] != '\0');
	assert_string_equal(str_text(&out), row->wanted);
}

int
main(void)
{
	add_rows(rows, check_lines);
	add_rows(lengths, check_length);
	add_rows(long_lines, check_long_line);
	add_test("bytes behind a line can be taken as they are", test_peek);
	add_test("what was used can be forgotten, and nothing else is",
	    test_forget);
	add_test("what the client sent before is its first line, and all can "
	    "be cleared", test_clear);
	add_test("replies wait until the client must", test_replies_wait);
	add_test("a long reply is cut, and ends", test_long_reply);
	add_test("who does not read is given up", test_nobody_reads);
	add_test("silence is given up", test_silence);
	add_test("being told to end comes first", test_told_to_end);
	add_test("a look sees that the client says no more when all is read",
	    test_look);
	add_test("a look sees that it is gone, and that we are to end",
	    test_look_gone);
	add_rows(commands, check_command);
	return run_all();
}
