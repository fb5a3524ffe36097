/* uids_old.c: when an mbox has become another one, what .uids says of the old one
 * counts no more.  Deliveries need that, too. */
#include "uids.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "scope.h"
#include "str.h"

static int
open_own(int dir, const char *file, int *fd, struct err *err)
{
	enum { FLAGS = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC };

	*fd = compat_open_beneath(dir, file, FLAGS, 0);
	if (*fd != -1)
		return 0;
	err_fill_open(err, file);
	return err->kind == ERR_ABSENT || err->kind == ERR_REFUSED ? 0 : -1;
}

int
uids_forget_old(int dir, const char *name, bool durable, struct err *err)
{
	static const char head[] = UIDS_MAGIC "\ninode ";
	enum { AT = sizeof head - 1 };
	SCOPED(drop_str) struct str file = { 0 };
	SCOPED(drop_fd) int fd = -1;
	char digits[32];

	str_addf(&file, ".%s.uids", name);
	if (open_own(dir, str_text(&file), &fd, err) == -1)
		return -1;
	ssize_t n = fd == -1 ? 0 : fd_pread(fd, digits, sizeof digits, AT);
	if (n <= 0)
		return n == 0 ? 0 : err_sys(err, "%s", str_text(&file));
	size_t len = 0;
	while (len < (size_t)n && digits[len] >= '0' && digits[len] <= '9')
		len++;
	memset(digits, '0', len);
	if (fd_pwrite(fd, digits, len, AT) == -1 ||
	    (durable && fdatasync(fd) == -1))
		return err_sys(err, "%s", str_text(&file));
	return 0;
}
