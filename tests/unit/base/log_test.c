/* log_test.c: one line per event. */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "log.h"
#include "scope.h"

static const struct row {
	const char	*name;
	struct slice	 value;
	const char	*wanted;
} rows[] = {
	{ "a plain value stands as it is", { "joe@a.test", 10 },
	  "e k=joe@a.test" },
	{ "so do all plain bytes", { "aZ09.@_+:/,-<>", 14 },
	  "e k=aZ09.@_+:/,-<>" },
	{ "an empty value is quoted", { "", 0 }, "e k=\"\"" },
	{ "no value at all is an empty one", { NULL, 0 }, "e k=\"\"" },
	{ "a blank makes no second field", { "a b=c", 5 }, "e k=\"a b=c\"" },
	{ "an equals sign makes no second field", { "b=c", 3 }, "e k=\"b=c\"" },
	{ "a newline makes no second line", { "a\nb", 3 }, "e k=\"a\\x0ab\"" },
	{ "a carriage return neither", { "a\rb", 3 }, "e k=\"a\\x0db\"" },
	{ "a quote does not end a value", { "a\" k=\"b", 7 },
	  "e k=\"a\\\" k=\\\"b\"" },
	{ "a backslash is not taken for ours", { "a\\x0a", 5 },
	  "e k=\"a\\\\x0a\"" },
	{ "a NUL does not end a value", { "a\0b", 3 }, "e k=\"a\\x00b\"" },
	{ "an escape does not reach a terminal", { "\x1B[2J", 4 },
	  "e k=\"\\x1b[2J\"" },
	{ "a delete does not", { "\x7F", 1 }, "e k=\"\\x7f\"" },
	{ "nor does an 8-bit control", { "\x9B", 1 }, "e k=\"\\x9b\"" },
	{ "UTF-8 is escaped byte by byte", { "\xC3\xA4", 2 },
	  "e k=\"\\xc3\\xa4\"" },
	{ "a percent sign means nothing", { "%n%s", 4 }, "e k=\"%n%s\"" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_log_line) struct log_line line = log_event("e");

	log_text(&line, "k", row->value);
	assert_string_equal(str_text(&line.text), row->wanted);
}

static void
test_fields(void **state)
{
	SCOPED(drop_log_line) struct log_line line = log_event("login");

	(void)state;
	log_text(&line, "account", SLICE("joe"));
	log_number(&line, "octets", UINT64_MAX);
	assert_string_equal(str_text(&line.text),
	    "login account=joe octets=18446744073709551615");
}

static void
test_long(void **state)
{
	SCOPED(drop_log_line) struct log_line line = log_event("e");
	char endless[5000];

	(void)state;
	memset(endless, 'a', sizeof endless);
	log_text(&line, "k", (struct slice){ endless, sizeof endless });
	assert_int_equal(line.text.len, strlen("e k=") + 1000);
}

/* What reached standard error meanwhile is in the file "said". */
static int
divert(void)
{
	int kept = dup(STDERR_FILENO), fd = open("said", O_WRONLY | O_CREAT,
	    0600);

	dup2(fd, STDERR_FILENO);
	close(fd);
	return kept;
}

static void
restore(int kept)
{
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void
test_send(void **state)
{
	SCOPED(drop_log_line) struct log_line line = log_event("login");
	struct err err = { 0 };
	char wanted[200];

	(void)state;
	assert_int_equal(log_open("vtest", "stderr", &err), 0);
	assert_true(log_is_stderr());
	log_text(&line, "account", SLICE("%s"));
	int kept = divert();
	log_send(&line, LOG_NOTICE);
	log_warning("%s:%d: two\nlines", "f", 7);
	restore(kept);
	snprintf(wanted, sizeof wanted, "vtest[%d]: login account=\"%%s\"\n"
	    "vtest[%d]: warning text=\"f:7: two\\x0alines\"\n", (int)getpid(),
	    (int)getpid());
	assert_file("said", wanted);
}

static void
test_hold(void **state)
{
	SCOPED(drop_log_line) struct log_line line = log_event("late");
	struct err err = { 0 };
	char wanted[200];

	(void)state;
	assert_int_equal(log_open("vtest", "stderr", &err), 0);
	int kept = divert();
	log_hold();
	log_send(&line, LOG_NOTICE);
	assert_int_equal(write(STDERR_FILENO, "first\n", 6), 6);
	log_release();
	log_release();
	restore(kept);
	snprintf(wanted, sizeof wanted, "first\nvtest[%d]: late\n",
	    (int)getpid());
	assert_file("said", wanted);
}

static void
test_full(void **state)
{
	SCOPED(drop_log_line) struct log_line line = log_event("login");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(log_open("vtest", "stderr", &err), 0);
	fault_always("write", 28);
	log_send(&line, LOG_NOTICE);
	assert_true(fault_clear());
}

static const struct where_row {
	const char	*name, *where;
	int		 result;
} wheres[] = {
	{ "a facility is a place to log to", "local3", 0 },
	{ "mail is one", "mail", 0 },
	{ "a file name is not", "/var/log/x", -1 },
	{ "nor is a part of a name", "local", -1 },
	{ "nor is nothing", "", -1 },
};

static void
check_where(void **state)
{
	const struct where_row *row = *state;
	struct err err = { 0 };

	assert_int_equal(log_open("vtest", row->where, &err), row->result);
	assert_false(log_is_stderr());
	if (row->result == -1)
		assert_int_equal(err.kind, ERR_INVALID);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("an event has its fields in order", test_fields);
	add_test("an endless value is cut", test_long);
	add_test("a line goes to standard error with program and process",
	    test_send);
	add_test("lines that are held come after what is said meanwhile, once",
	    test_hold);
	add_test("a log that cannot be written stops nothing", test_full);
	add_rows(wheres, check_where);
	return run_all();
}
