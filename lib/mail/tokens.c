/* tokens.c: a command of an alias, a fallback or a filter, made ready to
 * run. */
#include "tokens.h"

#include <stdbool.h>
#include <string.h>

#include "scope.h"

static bool
is_harmless(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("@._+=:,-", c) != NULL);
}

static void
add_harmless(struct str *out, const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		str_addc(out, is_harmless(*p) && !(p == value && *p == '-') ?
		    *p : '_');
}

int
tokens_expand(const char *command, const struct tokens *t, struct str *out,
    struct err *err)
{
	for (const char *p = command; *p != '\0'; p++) {
		if (*p != '%') {
			str_addc(out, *p);
			continue;
		}
		switch (*++p) {
		case 'd':
			add_harmless(out, t->domain);
			break;
		case 'f':
			add_harmless(out, t->sender[0] ? t->sender :
			    "MAILER-DAEMON");
			break;
		case 'u':
			add_harmless(out, t->local);
			break;
		case '%':
			str_addc(out, '%');
			break;
		default:
			return err_set(err, ERR_INVALID,
			    "the command knows %%d, %%f, %%u and %%%% alone: "
			    "%s", command);
		}
	}
	return 0;
}

int
tokens_check(const char *command, struct err *err)
{
	SCOPED(drop_str) struct str unused = { 0 };
	struct tokens none = { "", "", "", "", "" };

	if (command[0] == '\0')
		return err_set(err, ERR_INVALID, "'|' without a command");
	return tokens_expand(command, &none, &unused, err);
}

const char *const *
tokens_environment(const struct tokens *t, const char *home, struct pool *pool)
{
	enum { VARIABLES = 11 };
	const char **e = pool_alloc(pool, (VARIABLES + 1) * sizeof *e);
	size_t user = t->delimiter[0] ? strcspn(t->local, t->delimiter) :
	    strlen(t->local);
	const char *extension = t->local + user;

	if (user == 0) {
		user = strlen(t->local);
		extension = "";
	}
	if (*extension != '\0')
		extension++;
	e[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	    "/sbin:/bin";
	e[1] = "SHELL=/bin/sh";
	e[2] = "LANG=C";
	e[3] = pool_format(pool, "HOME=%s", home);
	e[4] = pool_format(pool, "SENDER=%s", t->sender);
	e[5] = pool_format(pool, "RECIPIENT=%s", t->recipient);
	e[6] = pool_format(pool, "DOMAIN=%s", t->domain);
	e[7] = pool_format(pool, "LOCAL=%s", t->local);
	e[8] = pool_format(pool, "USER=%.*s", (int)user, t->local);
	e[9] = pool_format(pool, "LOGNAME=%.*s", (int)user, t->local);
	e[10] = pool_format(pool, "EXTENSION=%s", extension);
	return e;
}
