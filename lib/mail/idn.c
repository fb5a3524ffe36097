/* idn.c: internationalized domain names, by a program of its own. */
#include "idn.h"

#include <sys/wait.h>
#include <sysexits.h>

#include "command.h"
#include "helper.h"
#include "scope.h"

enum { IDN_MS = 5000 };

int
idn_to_ascii(struct slice domain, struct str *out, struct err *err)
{
	SCOPED(drop_str) struct str path = { 0 };
	SCOPED(drop_command_result) struct command_result result = { 0 };
	static const char *const environment[] = { NULL };
	struct stream input = { 0 };
	struct command command = {
		.environment = environment, .input = &input,
		.deadline = deadline_in(IDN_MS), .keep_output = true,
		.output_max = 1024,
	};

	helper_path("vidn", &path);
	command.argv = (const char *const[]){ str_text(&path), NULL };
	stream_add_memory(&input, domain);
	if (command_run(&command, &result, err) == -1)
		return -1;
	if (WIFEXITED(result.status) &&
	    WEXITSTATUS(result.status) == EX_DATAERR)
		return err_set(err, ERR_INVALID, "not a domain name");
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) != 0)
		return err_set(err, ERR_TEMPORARY,
		    "%s cannot convert a domain name: is it installed?",
		    str_text(&path));
	struct slice name = str_slice(&result.output);
	if (slice_ends(name, "\n"))
		name.len--;
	str_addlower(out, name);
	return 0;
}
