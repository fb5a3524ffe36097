/* lmtp_main.c: vlmtpd, which MTAs speak LMTP to (see vlmtpd(8)). */
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "connection.h"
#include "installation.h"
#include "listeners.h"
#include "lmtp_serve.h"
#include "log.h"
#include "startup.h"
#include "str.h"

enum { SMTP_PORT = 25 };

struct where {
	const char	*place;		/* "unix:PATH" or "HOST:PORT" */
	enum lmtp_role	 role;
};

struct options {
	const char	*directory;
	struct where	 where[LISTENERS_MAX];
	size_t		 count;
};

/* --- the command line --------------------------------------------------- */

static const char usage_text[] =
    "usage: vlmtpd [-C dir] [--listen unix:PATH | HOST:PORT]... "
    "[--socketmap unix:PATH]...\n";

static int
usage(const char *what, const char *why)
{
	log_name("vlmtpd");
	if (connection_has_standard_error())
		log_warning("%s %s", what, why);
	else
		fprintf(stderr, "vlmtpd: %s %s\n%s", what, why, usage_text);
	return -1;
}

static bool
is_smtp(const char *place)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE, .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(place, ':');
	struct addrinfo *found;

	if (colon == NULL ||
	    getaddrinfo(NULL, colon + 1, &hints, &found) != 0)
		return false;
	bool smtp = ((const struct sockaddr_in *)(const void *)
	    found->ai_addr)->sin_port == htons(SMTP_PORT);
	freeaddrinfo(found);
	return smtp;
}

static int
add_where(struct options *o, const char *option, const char *place)
{
	bool map = strcmp(option, "--socketmap") == 0;

	if (o->count == LISTENERS_MAX)
		return usage(option, "is given too often");
	if (map && strncmp(place, "unix:", 5) != 0)
		return usage(option, "needs unix:PATH");
	/* RFC 2033 5: a client there would expect SMTP. */
	if (!map && strncmp(place, "unix:", 5) != 0 && is_smtp(place))
		return usage(place, "is SMTP's port: LMTP never uses it");
	o->where[o->count++] = (struct where){ place,
	    map ? LMTP_SOCKETMAP : LMTP_MAIL };
	return 0;
}

static int
parse_options(char **argv, struct options *o)
{
	for (argv++; *argv != NULL; argv += 2) {
		const char *option = argv[0], *value = argv[1];
		bool directory = strcmp(option, "-C") == 0;
		if (!directory && strcmp(option, "--listen") != 0 &&
		    strcmp(option, "--socketmap") != 0)
			return usage(option, "is not an option");
		if (value == NULL)
			return usage(option, "needs a value");
		if (directory)
			o->directory = value;
		else if (add_where(o, option, value) == -1)
			return -1;
	}
	return 0;
}

/* --- serving ------------------------------------------------------------ */

static int
role_of(const char *name)
{
	return strcmp(name, "socketmap") == 0 ? LMTP_SOCKETMAP : LMTP_MAIL;
}

static int
open_listeners(const struct options *o, struct listeners *listeners,
    struct err *err)
{
	if (listeners_inherit(listeners, role_of, err) == -1)
		return -1;
	for (size_t i = 0; i < o->count; i++)
		if (listeners_add(listeners, o->where[i].place,
		    o->where[i].role, err) == -1)
			return -1;
	return 0;
}

static int
serve(const struct options *o, struct err *err)
{
	struct listeners listeners = { .count = 0 };
	int result = open_listeners(o, &listeners, err);

	if (result == 0 && listeners.count == 0)
		return lmtp_serve_connection(o->directory, LMTP_MAIL, err);
	if (result == 0)
		result = lmtp_serve_listeners(o->directory, &listeners, err);
	/* Where it could not begin, the files of its sockets go, too. */
	listeners_remove(&listeners);
	return result;
}

int
main(int argc, char **argv)
{
	struct options options = { .directory = INSTALLATION_DIR };
	struct startup found;
	struct err err;

	(void)argc;
	if (startup_guard(&found, &err) == 0) {
		if (parse_options(argv, &options) == -1)
			return EX_USAGE;
		if (serve(&options, &err) == 0)
			return EX_OK;
	}
	/* Standard error is not the client: see connection_open(). */
	if (!log_is_stderr() && options.count > 0)
		fprintf(stderr, "vlmtpd: %s\n", err.text);
	log_warning("%s", err.text);
	return EX_TEMPFAIL;
}
