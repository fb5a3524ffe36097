/* tokens.h: a command of an alias, a fallback or a filter, made ready to run.
 *
 * %d domain, %f envelope sender, %u local part as addressed, %% a per cent
 * sign.  In what is put in, every byte outside A-Za-z0-9@._+=:,- and a leading
 * '-' becomes '_', and nothing is expanded twice; the exact values are in the
 * environment.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include "err.h"
#include "pool.h"
#include "str.h"

struct tokens {
	const char	*sender;	/* of the envelope; "" = null */
	const char	*recipient;	/* local@domain */
	const char	*domain;
	const char	*local;		/* as addressed */
	/* between user and extension; "" = none */
	const char	*delimiter;
};

/* ERR_INVALID: the command has another %x. */
int	tokens_expand(const char *command, const struct tokens *tokens,
	    struct str *out, struct err *err);

/* Whether it is a command with none but these: ERR_INVALID, if not. */
int	tokens_check(const char *command, struct err *err);

/* A whole environment, in pool, NULL-ended: PATH, HOME, SHELL, LANG, and
 * SENDER, RECIPIENT, DOMAIN, LOCAL, USER (and LOGNAME), EXTENSION. */
const char *const *tokens_environment(const struct tokens *tokens,
	    const char *home, struct pool *pool);

#endif
