/* secret.h: passwords: asked for, read, made up, and judged.
 *
 * They are never in an argument, an error's text or a log line, and what held
 * one is overwritten.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

/* The first line of standard input. */
int	secret_from_stdin(struct str *out, struct err *err);

/* Twice from the terminal, without echo.  Empty when the answer is. */
int	secret_from_terminal(const char *prompt, struct str *out,
	    struct err *err);

/* Sixteen random letters and digits, in four groups (80 bits). */
int	secret_generate(struct str *out, struct err *err);

/* ERR_INVALID says why it is too easy to guess. */
int	secret_check(struct slice secret, const char *account,
	    const char *domain, struct err *err);

#endif
