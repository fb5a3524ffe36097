/* log.c: one line per event: "event key=value key=value ...". */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"

static struct {
	const char	*program;
	int		 facility;
	bool		 to_stderr;
	bool		 holding;
	struct str	 held;		/* lines for standard error */
} target = { "vmail", LOG_MAIL, false, false, { 0 } };

static const struct {
	const char	*name;
	int		 facility;
} facilities[] = {
	{ "mail", LOG_MAIL }, { "daemon", LOG_DAEMON }, { "auth", LOG_AUTH },
	{ "authpriv", LOG_AUTHPRIV }, { "user", LOG_USER },
	  { "syslog", LOG_SYSLOG },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
	  { "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },
	  { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

void
log_name(const char *program)
{
	target.program = program;
}

int
log_open(const char *program, const char *where, struct err *err)
{
	log_name(program);
	target.to_stderr = strcmp(where, "stderr") == 0;
	if (target.to_stderr)
		return 0;
	for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
		if (strcmp(facilities[i].name, where) == 0) {
			target.facility = facilities[i].facility;
			return 0;
		}
	return err_set(err, ERR_INVALID,
	    "log: '%s' is neither a syslog facility nor stderr", where);
}

bool
log_is_stderr(void)
{
	return target.to_stderr;
}

struct log_line
log_event(const char *event)
{
	struct log_line line = { 0 };

	str_adds(&line.text, event);
	return line;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr(".@_+:/,-<>", c) != NULL);
}

static void
add_escaped(struct str *out, struct slice value)
{
	str_addc(out, '"');
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7F)
			str_addf(out, "\\x%02x", c);
		else
			str_addc(out, (char)c);
	}
	str_addc(out, '"');
}

void
log_text(struct log_line *line, const char *key, struct slice value)
{
	bool plain = value.len > 0;

	if (value.len > 1000)
		value.len = 1000;
	for (size_t i = 0; i < value.len && plain; i++)
		plain = is_plain(value.p[i]);
	str_addf(&line->text, " %s=", key);
	if (plain)
		str_addslice(&line->text, value);
	else
		add_escaped(&line->text, value);
}

void
log_number(struct log_line *line, const char *key, uint64_t value)
{
	str_addf(&line->text, " %s=%llu", key, (unsigned long long)value);
}

/* A log that cannot be written has nobody left to tell. */
static void
write_out(const struct str *text)
{
	if (fd_write(STDERR_FILENO, text->s, text->len) == -1)
		return;
}

void
log_send(const struct log_line *line, int priority)
{
	SCOPED(drop_str) struct str out = { 0 };

	if (!target.to_stderr) {
		openlog(target.program, LOG_PID, target.facility);
		syslog(priority, "%s", str_text(&line->text));
		return;
	}
	str_addf(&out, "%s[%ld]: %s\n", target.program, (long)getpid(),
	    str_text(&line->text));
	if (target.holding)
		str_addslice(&target.held, str_slice(&out));
	else
		write_out(&out);
}

void
log_hold(void)
{
	target.holding = true;
	/* What comes last is allocated first: musl gives a page back when the
	 * last short string on it goes, and takes it again for the next. */
	str_room(&target.held, 0);
}

void
log_release(void)
{
	target.holding = false;
	write_out(&target.held);
	drop_str(&target.held);
}

void
drop_log_line(struct log_line *line)
{
	drop_str(&line->text);
}

void
log_refused_connection(const char *peer)
{
	SCOPED(drop_log_line) struct log_line line =
	    log_event("connection-refused");

	log_text(&line, "peer", slice_of(peer));
	log_send(&line, LOG_NOTICE);
}

void
log_warning(const char *fmt, ...)
{
	SCOPED(drop_log_line) struct log_line line = log_event("warning");
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_text(&line, "text", slice_of(text));
	log_send(&line, LOG_WARNING);
}
