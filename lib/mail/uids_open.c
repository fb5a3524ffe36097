/* uids_open.c: ".NAME.uids", if it counts; and when an mbox has become another
 * one, what it says of the old one counts no more.  Deliveries need that,
 * too. */
#include "uids.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "scope.h"
#include "str.h"

/* Other names that it has (a backup's, made by links) do no harm: what is read
 * is our own, and what is written comes under a new name. */
int
uids_open(int dir, const char *name, int flags, int *fd, struct err *why,
    struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 };
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	str_addf(&file, ".%s.uids", name);
	got = compat_open_beneath(dir, str_text(&file), flags | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (got == -1) {
		err_fill_open(err, str_text(&file));
		if (err->kind == ERR_REFUSED)
			*why = *err;
		return err->kind == ERR_ABSENT || err->kind == ERR_REFUSED ?
		    0 : -1;
	}
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", str_text(&file));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
		err_fill(why, ERR_REFUSED, "%s: not a file of uid %u: it is in "
		    "the way", str_text(&file), (unsigned)geteuid());
		return 0;
	}
	*fd = got;
	got = -1;
	return 0;
}

int
uids_forget_old(int dir, const char *name, bool durable, struct err *err)
{
	static const char head[] = UIDS_MAGIC "\ninode ";
	enum { AT = sizeof head - 1 };
	SCOPED(drop_fd) int fd = -1;
	struct err why = { 0 };
	char text[AT + 32];

	if (uids_open(dir, name, O_RDWR, &fd, &why, err) == -1)
		return -1;
	ssize_t n = fd == -1 ? 0 : fd_pread(fd, text, sizeof text, 0);
	if (n == -1)
		return err_sys(err, ".%s.uids", name);
	if (n < AT || memcmp(text, head, AT) != 0)
		return 0;
	size_t len = 0;
	while (AT + len < (size_t)n && text[AT + len] >= '0' &&
	    text[AT + len] <= '9')
		text[AT + len++] = '0';
	if (fd_pwrite(fd, text + AT, len, AT) == -1 ||
	    (durable && fdatasync(fd) == -1))
		return err_sys(err, ".%s.uids", name);
	return 0;
}
