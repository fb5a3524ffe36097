/* tokens_fuzz.c: a command with tokens, and values that want to get out. */
#include "fuzz.h"

#include <string.h>

#include "pool.h"
#include "scope.h"
#include "tokens.h"

static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+=:,-";

/* out begins with value made harmless, byte by byte; moves behind it. */
static void
take_value(const char **out, const char *value)
{
	size_t n = strlen(value);

	promise(strlen(*out) >= n, "a value is put in whole");
	promise(n == 0 || **out != '-', "no value begins with a hyphen");
	for (size_t i = 0; i < n; i++) {
		char c = (*out)[i];
		promise(c != '\0' && strchr(safe, c) != NULL,
		    "only safe bytes are put in");
		promise(c == value[i] || c == '_',
		    "a byte stays or becomes '_'");
	}
	*out += n;
}

static void
command_and_values(const char *command, const struct tokens *t,
    const char *out)
{
	for (const char *p = command; *p != '\0'; p++) {
		char token = *p == '%' ? *++p : '\0';
		if (token == 'd')
			take_value(&out, t->domain);
		else if (token == 'f')
			take_value(&out, t->sender[0] ? t->sender :
			    "MAILER-DAEMON");
		else if (token == 'u')
			take_value(&out, t->local);
		else
			promise(*out++ == *p, "the command itself stays");
	}
	promise(*out == '\0', "nothing is expanded twice");
}

/* The value of a variable, which is there once. */
static const char *
value_of(const char *const *environment, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, n) == 0 &&
		    (*environment)[n] == '=') {
			promise(value == NULL, "no variable is there twice");
			value = *environment + n + 1;
		}
	promise(value != NULL, "every variable is there");
	return value;
}

static void
exact_values(const struct tokens *t)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str joined = { 0 };
	const char *const *e = tokens_environment(t, "/", &pool);
	const char *extension = value_of(e, "EXTENSION");

	promise(strcmp(value_of(e, "SENDER"), t->sender) == 0 &&
	    strcmp(value_of(e, "RECIPIENT"), t->recipient) == 0 &&
	    strcmp(value_of(e, "DOMAIN"), t->domain) == 0 &&
	    strcmp(value_of(e, "LOCAL"), t->local) == 0,
	    "the environment has the exact values");
	str_adds(&joined, value_of(e, "USER"));
	promise(strcmp(str_text(&joined), value_of(e, "LOGNAME")) == 0,
	    "LOGNAME is USER");
	promise(joined.len > 0 || t->local[0] == '\0', "USER is somebody");
	if (t->local[joined.len] != '\0') {
		promise(strchr(t->delimiter, t->local[joined.len]) != NULL,
		    "a delimiter ends USER");
		str_addc(&joined, t->local[joined.len]);
	}
	str_adds(&joined, extension);
	promise(strcmp(str_text(&joined), t->local) == 0,
	    "USER, a delimiter and EXTENSION are LOCAL");
}

static const char *
text_part(struct pool *pool, struct slice *rest)
{
	return pool_dup(pool, fuzz_part(rest));
}

void
fuzz(struct slice input)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str out = { 0 };
	struct err err;
	const char *command = text_part(&pool, &input);
	struct tokens t = {
		.sender = text_part(&pool, &input),
		.local = text_part(&pool, &input),
		.domain = text_part(&pool, &input),
		.delimiter = text_part(&pool, &input),
		.recipient = text_part(&pool, &input),
	};

	bool fine = tokens_expand(command, &t, &out, &err) == 0;
	promise(command[0] == '\0' || fine == (tokens_check(command, &err) ==
	    0), "whether a command is one does not depend on the values");
	if (fine)
		command_and_values(command, &t, str_text(&out));
	exact_values(&t);
}
