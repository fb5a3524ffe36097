/* main.c: vadmin: domains, accounts and aliases, from the command line. */
#include <sys/stat.h>
#include <sysexits.h>

#include "child.h"
#include "command_line.h"
#include "log.h"
#include "operation.h"
#include "output.h"
#include "scope.h"
#include "startup.h"
#include "status.h"

static int
complain(const struct err *err, const struct status *status)
{
	struct err unused;

	output_error(status->word, slice_of(err->text));
	output_end(&unused);
	return status->status;
}

/* It must not be asked for once more, and what nobody has seen is lost. */
static void
say_what_holds(const struct call *call, struct err *err)
{
	struct err inner = *err;

	if (call->rehearsed || !call->op->changes || call->status != EX_OK)
		return;
	err_fill(err, inner.kind, "%s; what was asked for is done%s",
	    inner.text, call->generated == NULL ? "" :
	    ", but nobody knows the password that was made: 'user passwd' or "
	    "'admin passwd' gives another one");
}

static int
run(struct call *call, int argc, char **argv, struct err *err)
{
	bool usage;

	if (command_line_parse(call, argc, argv, &usage, err) == -1)
		return complain(err, usage ? status_usage() :
		    status_of(ERR_INVALID));
	if (call_run(call, err) == -1)
		return complain(err, status_of(err->kind));
	/* JSON that could not be written has no second one behind it. */
	if (output_end(err) == -1) {
		output_form(OUTPUT_TEXT);
		say_what_holds(call, err);
		return complain(err, status_of(err->kind));
	}
	return call->status;
}

int
main(int argc, char **argv)
{
	struct startup found;
	struct err err;
	SCOPED(drop_call) struct call call = {
		.directory = INSTALLATION_DIR, .lock = -1, .status = EX_OK,
	};

	if (startup_guard(&found, &err) == -1)
		return complain(&err, status_of(err.kind));
	if (child_kill_stopped(&err) == -1)
		return complain(&err, status_of(err.kind));
	umask(022);	/* whoever makes a file here says with which mode */
	if (log_open("vadmin", "stderr", &err) == -1)
		return complain(&err, status_of(err.kind));
	return run(&call, argc, argv, &err);
}
