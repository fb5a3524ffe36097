/* secret.h: passwords: asked for, read, and made up; quality.h judges them.
 *
 * They are never in an argument, an error's text or a log line, and what held
 * one is overwritten.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

enum { SECRET_MAX = 512 };		/* bytes */

/* The first line of standard input. */
int	secret_from_stdin(struct str *out, struct err *err);

/* Once from the terminal, without echo: one that is there already. */
int	secret_ask_old(struct str *out, struct err *err);

/* Twice from the terminal, without echo; once when it is too easy for this
 * account (quality.h).  Empty when the answer is. */
int	secret_from_terminal(const char *prompt, const char *account,
	    const char *domain, struct str *out, struct err *err);

/* Sixteen random letters and digits, in four groups (80 bits). */
int	secret_generate(struct str *out, struct err *err);

#endif
