/* step_pop3.c: who answers at port 110, and for which domain. */
#include <errno.h>
#include <string.h>

#include "dial.h"
#include "fd.h"
#include "look.h"
#include "scope.h"

enum {
	CONNECT_MS = 4000,
	TALK_MS = 6000,
	TALK_MAX = 8192,
	GREETING_MAX = 512,		/* RFC 2449, 4 */
};

/* --- talking ------------------------------------------------------------- */

/* Reads until the text has what is wanted, or ends. */
static int
read_until(int fd, struct str *text, const char *wanted, struct deadline d,
    struct err *err)
{
	char chunk[512];

	while (strstr(str_text(text), wanted) == NULL) {
		ssize_t n = fd_read_by(fd, chunk, sizeof chunk, d, err);
		if (n == -1)
			return -1;
		if (n == 0 || text->len > TALK_MAX)
			return err_set(err, ERR_TEMPORARY,
			    "the connection ends early");
		for (ssize_t i = 0; i < n; i++)	/* a NUL hides nothing */
			if (chunk[i] == '\0')
				chunk[i] = '?';
		str_add(text, chunk, (size_t)n);
	}
	return 0;
}

static struct slice
first_line(const struct str *text)
{
	struct slice rest = str_slice(text), line;

	slice_cut(&rest, '\n', &line);
	if (slice_ends(line, "\r"))
		line.len--;
	if (line.len > GREETING_MAX)
		line.len = GREETING_MAX;
	return line;
}

static bool
lists_stls(const struct str *text)
{
	struct slice rest = str_slice(text), line;

	while (slice_cut(&rest, '\n', &line))
		if (slice_same(slice_trim(line), SLICE("STLS\r")) ||
		    slice_same(slice_trim(line), SLICE("STLS")))
			return true;
	return false;
}

/* What the server cannot do is no fault of the one that it says first. */
static void
ask_capabilities(const struct look *look, struct look_address *a, int fd)
{
	static const char asked[] = "CAPA\r\nQUIT\r\n";
	SCOPED(drop_str) struct str told = { 0 };
	struct deadline d = deadline_within(look->end, TALK_MS);
	struct err err;

	if (dial_send(fd, asked, sizeof asked - 1, d, &err) == -1)
		return;
	read_until(fd, &told, "\r\n.\r\n", d, &err);
	a->offers_stls = lists_stls(&told);
}

static void
complain(struct look *look, const struct look_address *a, int why,
    const struct err *err)
{
	if (why == ENETUNREACH || why == EAFNOSUPPORT || why == EADDRNOTAVAIL)
		look_warn(look, "%s cannot be tried from here: %s", a->text,
		    err->text);
	else
		look_bad(look, "%s: nobody answers: start vpop3d there, by "
		    "inetd, systemd or vpop3d --listen %s", err->text,
		    look_is_here(&a->address) ? a->text : "(and let the "
		    "firewall pass it)");
}

static void
try_port(struct look *look, struct look_address *a)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str told = { 0 };
	struct sockaddr_storage to = a->address;
	struct err err;

	dial_set_port(&to, POP3_PORT);
	if (dial(&to, SOCK_STREAM, deadline_within(look->end, CONNECT_MS), &fd,
	    &err) == -1) {
		complain(look, a, errno, &err);
		return;
	}
	if (read_until(fd, &told, "\n", deadline_within(look->end, TALK_MS),
	    &err) == -1) {
		look_bad(look, "%s: port 110 takes connections and says "
		    "nothing (%s): see the log of what listens there", a->text,
		    err.text);
		return;
	}
	struct slice line = first_line(&told);
	if (!slice_starts(line, "+OK")) {
		look_bad(look, "%s says '%.*s', as no POP3 server does: see "
		    "what listens at port 110 there", a->text, (int)line.len,
		    line.p);
		return;
	}
	a->greeting = pool_dup(&look->pool, line);
	ask_capabilities(look, a, fd);
	look_ok(look, "%s answers", a->text);
}

void
look_port(struct look *look)
{
	for (size_t i = 0; i < look->address_count; i++)
		try_port(look, &look->addresses[i]);
}

/* --- the greeting -------------------------------------------------------- */

static bool
is_virtual(const char *greeting, const char *domain)
{
	SCOPED(drop_str) struct str wanted = { 0 };

	str_addf(&wanted, "+OK Virtual %s", domain);
	return slice_starts(slice_of(greeting), str_text(&wanted)) &&
	    (greeting[wanted.len] == ' ' || greeting[wanted.len] == '\0');
}

static void
judge_greeting(struct look *look, const struct look_address *a)
{
	const char *d = look->q->real;

	if (is_virtual(a->greeting, d))
		look_ok(look, "%s: Virtual %s", a->text, d);
	else
		look_bad(look, "%s says '%s', not 'Virtual %s': mend the name "
		    "of the address (ptr), or write '%s %s' into the file "
		    "addresses of vmail's directory", a->text, a->greeting, d,
		    a->text, d);
}

void
look_greeting(struct look *look)
{
	size_t tried = 0;

	for (size_t i = 0; i < look->address_count; i++)
		if (look->addresses[i].greeting != NULL) {
			judge_greeting(look, &look->addresses[i]);
			tried++;
		}
	if (tried == 0)
		look_none(look, "not looked at: nobody answers at port 110");
}
