/* main.c: vpop3d, the POP3 server of virtual domains (see vpop3d(8)). */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "connection.h"
#include "installation.h"
#include "listeners.h"
#include "log.h"
#include "serve.h"
#include "startup.h"

struct options {
	const char		*directory;
	struct listeners	 listeners;
	const char		*listen[LISTENERS_MAX];
	size_t			 listen_count;
	bool			 tls, share_main;
	char			**native;	/* NULL: none */
};

/* --- the command line ------------------------------------------------- */

static const char usage_text[] =
    "usage: vpop3d [-C dir] [--tls] [--share-main]\n"
    "              [--listen HOST:PORT | unix:PATH]... [native-pop3d\n"
    "              [argument...]]\n";

static int
usage(const char *what, const char *why)
{
	log_name("vpop3d");
	if (connection_has_standard_error())
		log_warning("%s %s", what, why);
	else
		fprintf(stderr, "vpop3d: %s %s\n%s", what, why, usage_text);
	return -1;
}

static int
take_value(struct options *o, const char *option, const char *value)
{
	if (value == NULL)
		return usage(option, "needs a value");
	if (strcmp(option, "-C") == 0) {
		o->directory = value;
		return 0;
	}
	if (o->listen_count == LISTENERS_MAX)
		return usage(option, "is given too often");
	o->listen[o->listen_count++] = value;
	return 0;
}

/* NULL: it is none of those without a value. */
static bool *
find_switch(struct options *o, const char *option)
{
	if (strcmp(option, "--tls") == 0)
		return &o->tls;
	return strcmp(option, "--share-main") == 0 ? &o->share_main : NULL;
}

static int
parse_options(char **argv, struct options *o)
{
	argv++;
	while (*argv != NULL && (*argv)[0] == '-') {
		const char *option = *argv++;
		if (strcmp(option, "--") == 0)
			break;
		bool *given = find_switch(o, option);
		if (given != NULL) {
			*given = true;
			continue;
		}
		if (strcmp(option, "-C") != 0 &&
		    strcmp(option, "--listen") != 0)
			return usage(option, "is not an option");
		if (take_value(o, option, *argv) == -1)
			return -1;
		argv++;
	}
	o->native = *argv != NULL ? argv : NULL;
	return 0;
}

/* --- beginning -------------------------------------------------------- */

static int
open_listeners(struct options *o, struct err *err)
{
	for (size_t i = 0; i < o->listen_count; i++)
		if (listeners_add(&o->listeners, o->listen[i], 0, err) == -1)
			return err_within(err, "--listen");
	return 0;
}

static int
serve(struct options *o, const struct startup *found, struct err *err)
{
	const struct serving serving = {
		.directory = o->directory, .found = found, .tls = o->tls,
		.share_main = o->share_main, .native = o->native,
	};

	if (o->listen_count == 0)
		return serve_connection(&serving, err);
	return open_listeners(o, err) == -1 ? -1 :
	    serve_listeners(&serving, &o->listeners, err);
}

/* From inetd standard error is nobody's. */
static int
complain(const struct options *o, const struct err *err)
{
	if (!log_is_stderr() && o->listen_count > 0)
		fprintf(stderr, "vpop3d: %s\n", err->text);
	log_warning("%s", err->text);
	return EX_TEMPFAIL;
}

int
main(int argc, char **argv)
{
	struct options options = { .directory = INSTALLATION_DIR };
	struct startup found;
	struct err err;

	(void)argc;
	if (startup_guard(&found, &err) == -1)
		return complain(&options, &err);
	if (parse_options(argv, &options) == -1)
		return EX_USAGE;
	return serve(&options, &found, &err) == -1 ? complain(&options, &err) :
	    0;
}
