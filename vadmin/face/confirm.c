/* confirm.c: people at a terminal, asked and told. */
#include "confirm.h"

#include <stdio.h>
#include <unistd.h>

#include "json.h"

int
confirm(struct call *call, const char *question, struct err *err)
{
	char answer[16] = "";

	if (call->rehearsed || call_has(call, "--yes") || !isatty(STDIN_FILENO))
		return 0;
	/* Who answers needs what was noted, which waits in the object. */
	json_show_notes();
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof answer, stdin) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return err_set(err, ERR_REFUSED, "nothing was done");
}

void
tell_to_type(const char *what)
{
	if (!isatty(STDIN_FILENO))
		return;
	json_show_notes();
	fprintf(stderr, "Type %s; Ctrl-D ends it.\n", what);
}
