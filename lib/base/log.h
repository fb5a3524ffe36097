/* log.h: one line per event: "event key=value key=value ...".
 *
 *	SCOPED(drop_log_line) struct log_line line = log_event("login-failed");
 *	log_text(&line, "account", name);
 *	log_send(&line, LOG_NOTICE);
 *
 * Values with bytes other than letters, digits and .@_+:/,-<> are quoted, and
 * control bytes, quotes and backslashes in them escaped: untrusted text never
 * makes a second line or a second field.
 */
#ifndef LOG_H
#define LOG_H

#include <stdint.h>
#include <syslog.h>

#include "err.h"
#include "str.h"

struct log_line {
	struct str	text;
};

/* Who the lines are from, before log_open() says it. */
void	log_name(const char *program);

/* where: a syslog facility's name ("mail", "local3"), or "stderr".  Until it
 * is called, lines go to syslog's facility mail. */
int	log_open(const char *program, const char *where, struct err *err);
bool	log_is_stderr(void);

/* Keeps lines back until log_release(): what a program has to say on standard
 * error first, its caller must find first. */
void	log_hold(void);
void	log_release(void);

struct log_line	log_event(const char *event);
void	log_text(struct log_line *line, const char *key, struct slice value);
void	log_number(struct log_line *line, const char *key, uint64_t value);
void	log_send(const struct log_line *line, int priority);
void	drop_log_line(struct log_line *line);

/* "connection-refused peer=..." in one call. */
void	log_refused_connection(const char *peer);

/* "warning text=..." in one call. */
void	log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
