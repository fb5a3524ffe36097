/* main.c: vpop3d, the POP3 server of virtual domains (see vpop3d(8)). */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "confine.h"
#include "connection.h"
#include "fd.h"
#include "installation.h"
#include "listeners.h"
#include "log.h"
#include "scope.h"
#include "serve.h"
#include "startup.h"

struct options {
	const char		*directory;
	struct listeners	 listeners;
	const char		*listen[LISTENERS_MAX];
	size_t			 listen_count;
	bool			 tls;
	char			**native;	/* NULL: none */
};

/* --- the command line ------------------------------------------------- */

static const char usage_text[] =
    "usage: vpop3d [-C dir] [--tls] [--listen HOST:PORT]... [native-pop3d "
    "[argument...]]\n";

static int
usage(const char *what, const char *why)
{
	fprintf(stderr, "vpop3d: %s %s\n%s", what, why, usage_text);
	return -1;
}

/* Those of later versions are named, so that nobody thinks they are at work. */
static const char *const not_yet[] = { "--share-main", NULL };

static int
refuse(const char *option)
{
	for (const char *const *o = not_yet; *o != NULL; o++)
		if (strcmp(*o, option) == 0)
			return usage(option,
			    "is not available in this version");
	return usage(option, "is not an option");
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

static int
parse_options(char **argv, struct options *o)
{
	argv++;
	while (*argv != NULL && (*argv)[0] == '-') {
		const char *option = *argv++;
		if (strcmp(option, "--") == 0)
			break;
		if (strcmp(option, "--tls") == 0) {
			o->tls = true;
			continue;
		}
		if (strcmp(option, "-C") != 0 &&
		    strcmp(option, "--listen") != 0)
			return refuse(option);
		if (take_value(o, option, *argv) == -1)
			return -1;
		argv++;
	}
	o->native = *argv != NULL ? argv : NULL;
	return 0;
}

/* --- beginning -------------------------------------------------------- */

static void
log_text_as_warning(const char *text)
{
	log_warning("%s", text);
}

static int
open_installation(const struct options *o, struct installation *in,
    struct err *err)
{
	if (installation_open(o->directory, PROGRAM_VPOP3D, in, err) == -1)
		return -1;
	in->warn = log_text_as_warning;
	return log_open("vpop3d", in->conf.log, err);
}

static int
open_listeners(struct options *o, struct err *err)
{
	for (size_t i = 0; i < o->listen_count; i++)
		if (listeners_add(&o->listeners, o->listen[i], 0, err) == -1)
			return err_within(err, "--listen");
	return 0;
}

/* From inetd the connection is looked at first: until then nothing may be
 * logged, because standard error may be the client. */
static int
serve(struct options *o, const struct startup *found, struct err *err)
{
	struct connection connection;
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_fd) int root = -1;

	if (o->listen_count == 0 && connection_open(&connection, err) == -1)
		return -1;
	if (open_installation(o, &in, err) == -1 ||
	    confine_open_root(&in, &root, err) == -1)
		return -1;
	if (!in.as_root)
		log_warning("not started as root: every process of a session "
		    "is uid %u", (unsigned)geteuid());
	const struct serving serving = {
		.in = &in, .found = found, .tls = o->tls,
		.native = o->native, .root = root,
	};
	if (o->listen_count == 0)
		return serve_connection(&serving, &connection, err);
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
