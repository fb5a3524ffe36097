/* maildir_told.c: the octets of a message as its name in a Maildir tells them,
 * without a look into the file. */
#include "maildir_told.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "maildir_name.h"
#include "octets.h"
#include "scope.h"

static bool
can_rename(int dir)
{
	return faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

bool
maildir_told_can_be_mended(const struct maildir *dirs)
{
	return can_rename(dirs->new) && can_rename(dirs->cur);
}

bool
maildir_told(const char *name, uint64_t size, uint64_t *octets)
{
	uint64_t stored, told;

	if (!maildir_name_number(name, MAILDIR_OCTETS, &told) ||
	    !maildir_name_number(name, MAILDIR_STORED, &stored) ||
	    !octets_possible(stored, told) || size != stored)
		return false;
	*octets = told;
	return true;
}

/* Not synced: what a crash takes back will be found out again. */
int
maildir_told_take_out(int dir, const char *name)
{
	SCOPED(drop_str) struct str without = { 0 };

	maildir_name_without(name, MAILDIR_OCTETS, &without);
	return strcmp(name, str_text(&without)) == 0 ? 0 :
	    maildir_move(dir, name, dir, str_text(&without));
}
