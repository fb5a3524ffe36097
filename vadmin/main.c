/* main.c: vadmin: domains, accounts and aliases, from the command line. */
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "command_line.h"
#include "log.h"
#include "operation.h"
#include "output.h"
#include "scope.h"
#include "startup.h"

static int
status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_INVALID:
		return EX_DATAERR;
	case ERR_ABSENT:
		return EX_NOUSER;
	case ERR_EXISTS:
		return EX_CANTCREAT;
	case ERR_REFUSED:
		return EX_NOPERM;
	default:
		return EX_TEMPFAIL;
	}
}

static int
complain(const struct err *err, int status)
{
	SCOPED(drop_str) struct str line = { 0 };

	output_clean(&line, slice_of(err->text));
	fprintf(stderr, "vadmin: %s\n", str_text(&line));
	return status;
}

int
main(int argc, char **argv)
{
	struct startup found;
	struct err err;
	bool usage;
	SCOPED(drop_call) struct call call = {
		.directory = INSTALLATION_DIR, .lock = -1, .status = EX_OK,
	};

	if (startup_guard(&found, &err) == -1)
		return complain(&err, EX_TEMPFAIL);
	umask(022);	/* whoever makes a file here says with which mode */
	if (log_open("vadmin", "stderr", &err) == -1)
		return complain(&err, EX_TEMPFAIL);
	if (command_line_parse(&call, argc, argv, &usage, &err) == -1)
		return complain(&err, usage ? EX_USAGE : EX_DATAERR);
	if (call_run(&call, &err) == -1 || output_end(&err) == -1)
		return complain(&err, status_of(err.kind));
	return call.status;
}
