/* tokens_test.c: a command made ready to run: its tokens and its
 * environment. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "scope.h"
#include "tokens.h"

static const struct row {
	const char	*name, *command;
	const char	*sender, *local;
	const char	*wanted;	/* NULL: it is refused */
} rows[] = {
	{ "a command without tokens stays",
	  "cat > /dev/null; echo \"$SENDER\" 'x'", "s@far.test", "joe",
	  "cat > /dev/null; echo \"$SENDER\" 'x'" },
	{ "an empty command stays", "", "s@far.test", "joe", "" },
	{ "every token", "x %d %f %u %%", "s@far.test", "joe+a",
	  "x a.test s@far.test joe+a %" },
	{ "tokens without blanks between", "%u%u%%d", "s@far.test", "joe",
	  "joejoe%d" },
	{ "the null sender is MAILER-DAEMON", "x %f", "", "joe",
	  "x MAILER-DAEMON" },
	{ "another token", "x %s", "s@far.test", "joe", NULL },
	{ "a token in upper case", "x %U", "s@far.test", "joe", NULL },
	{ "a per cent sign at the end", "x %", "s@far.test", "joe", NULL },
	{ "three per cent signs", "x %%%", "s@far.test", "joe", NULL },
	{ "what is put in is not expanded again", "x %u %f", "%d%u@b", "%d%f%%",
	  "x _d_f__ _d_u@b" },
	{ "every harmless byte stays", "%u", "s",
	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+=:,-",
	  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+=:,-" },
	{ "no other printable byte does", "%u", "s",
	  " !\"#$%&'()*/;<>?[\\]^`{|}~", "_________________________" },
	{ "a shell's substitution becomes harmless", "%f", "$(id)@b", "joe",
	  "__id_@b" },
	{ "so do back ticks", "%f", "`id`@b", "joe", "_id_@b" },
	{ "so does a newline", "%f", "a\nid\n@b", "joe", "a_id_@b" },
	{ "so does a tab", "%f", "a\tb", "joe", "a_b" },
	{ "so does each byte above 127", "%u", "s", "\xC3\xBC\xFF", "___" },
	{ "a hyphen first becomes harmless", "x %u %f", "-oX@b", "-rf",
	  "x _rf _oX@b" },
	{ "a hyphen later stays", "%u", "s", "a-f", "a-f" },
	{ "of two hyphens first one is enough", "%u", "s", "--f", "_-f" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };
	struct err err = { 0 };
	char complaint[200];
	struct tokens tokens = {
		.sender = row->sender, .recipient = "joe@a.test",
		.domain = "a.test", .local = row->local, .delimiter = "+",
	};

	int result = tokens_expand(row->command, &tokens, &out, &err);
	if (row->wanted != NULL) {
		assert_int_equal(result, 0);
		assert_string_equal(str_text(&out), row->wanted);
		return;
	}
	assert_int_equal(result, -1);
	snprintf(complaint, sizeof complaint,
	    "the command knows %%d, %%f, %%u and %%%% alone: %s", row->command);
	assert_err(err, ERR_INVALID, complaint);
}

/* A byte of each kind at every place: 1,280 values, none of which brings one
 * byte beyond the safe set into the command. */
static void
nothing_unsafe_gets_in(void **state)
{
	static const char safe[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+=:,-";
	struct err err;

	(void)state;
	for (int c = 1; c < 256; c++) {
		for (int at = 0; at < 5; at++) {
			SCOPED(drop_str) struct str out = { 0 };
			char value[] = "abcde";
			value[at] = (char)c;
			struct tokens tokens = { value, value, value, value,
			    "+" };
			assert_int_equal(tokens_expand("%f%d%u", &tokens, &out,
			    &err), 0);
			assert_int_equal(out.len, 15);
			assert_int_equal(strspn(str_text(&out), safe), 15);
			assert_int_not_equal(str_text(&out)[0], '-');
		}
	}
}

static const struct env_row {
	const char	*name, *sender, *local, *delimiter;
	const char	*user, *extension;
} envs[] = {
	{ "environment: an extension is apart from the user", "s@b", "joe+a+b",
	  "+", "joe", "a+b" },
	{ "environment: no extension", "s@b", "joe", "+", "joe", "" },
	{ "environment: an empty extension", "s@b", "joe+", "+", "joe", "" },
	{ "environment: a delimiter first is no extension", "s@b", "+joe", "+",
	  "+joe", "" },
	{ "environment: no delimiter", "s@b", "joe+a", "", "joe+a", "" },
	{ "environment: another delimiter", "s@b", "joe-a+b", "-", "joe",
	  "a+b" },
	{ "environment: the null sender is empty", "", "joe", "+", "joe", "" },
	{ "environment: odd values are exact", "a;$(id)\n@b", "jo e+`x`", "+",
	  "jo e", "`x`" },
};

static void
assert_variable(const char *const *environment, const char *name,
    const char *value)
{
	size_t n = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, n) == 0 &&
		    (*environment)[n] == '=') {
			assert_string_equal(*environment + n + 1, value);
			return;
		}
	fail_msg("%s is not in the environment", name);
}

static void
check_environment(void **state)
{
	const struct env_row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct tokens tokens = { row->sender, "r@a.test", "a.test", row->local,
	    row->delimiter };
	const char *const *e = tokens_environment(&tokens, "/home/x", &pool);
	size_t count = 0;

	assert_variable(e, "SENDER", row->sender);
	assert_variable(e, "RECIPIENT", "r@a.test");
	assert_variable(e, "DOMAIN", "a.test");
	assert_variable(e, "LOCAL", row->local);
	assert_variable(e, "USER", row->user);
	assert_variable(e, "LOGNAME", row->user);
	assert_variable(e, "EXTENSION", row->extension);
	assert_variable(e, "HOME", "/home/x");
	assert_variable(e, "SHELL", "/bin/sh");
	assert_variable(e, "LANG", "C");
	assert_variable(e, "PATH",
	    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	while (e[count] != NULL)
		count++;
	assert_int_equal(count, 11);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("no byte at any place gets in unsafe", nothing_unsafe_gets_in);
	add_rows(envs, check_environment);
	return run_all();
}
