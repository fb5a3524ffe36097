/* session_lock.c: one POP3 session at a time has a mailbox. */
#include "session_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "lock.h"
#include "scope.h"

/* The lock of the session is the kernel's: it goes with the process.  Nothing
 * is written into the file: a backup by links may give it other names. */
static int
lock(const struct mailbox *mailbox, int make, int *fd, struct err *err)
{
	const int flags = O_RDWR | make | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC;
	SCOPED(drop_str) struct str name = { 0 };
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	str_addf(&name, ".%s.session", mailbox->name);
	got = compat_open_beneath(mailbox->parent, str_text(&name), flags, 0600);
	if (got == -1)
		return make == 0 ? err_open(err, str_text(&name)) :
		    err_sys(err, "open %s", str_text(&name));
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", str_text(&name));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_set(err, ERR_TEMPORARY,
		    "%s: not a plain file of uid %u's: remove it",
		    str_text(&name), (unsigned)geteuid());
	int locked = lock_try(got, err);
	if (locked == -1)
		return err_within(err, "%s", str_text(&name));
	if (locked == 0)
		return err_set(err, ERR_BUSY,
		    "another session has this mailbox open");
	*fd = got;
	got = -1;
	return 0;
}

int
session_lock(const struct mailbox *mailbox, int *fd, struct err *err)
{
	return lock(mailbox, O_CREAT, fd, err);
}

int
session_look(const struct mailbox *mailbox, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	return lock(mailbox, 0, &fd, err) == 0 || err->kind == ERR_ABSENT ? 0 :
	    -1;
}
