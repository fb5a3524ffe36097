/* admin_file.c: a small file of the spool by which an administrator says
 * something of one account. */
#include "admin_file.h"

#include <errno.h>
#include <fcntl.h>

#include "fd.h"
#include "installation.h"
#include "scope.h"

enum { TEXT_MAX = 4096 };

bool
admin_file_counts(const struct domain *domain, const struct stat *st)
{
	/* A second name can be anybody's way to a file of root's.  One that was
	 * replaced since it was opened has none. */
	return S_ISREG(st->st_mode) && st->st_nlink <= 1 &&
	    (st->st_uid == 0 || st->st_uid == domain->in->owner ||
	    (domain->one_owner && st->st_uid == domain->owner.uid));
}

int
admin_file_read(const struct domain *domain, const char *path,
    struct str *text, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };
	SCOPED(drop_fd) int fd = open(path, FLAGS);
	struct stat st;

	if (fd == -1)
		/* a link, a device: nobody's who may say something */
		return errno == ENOENT || errno == ENOTDIR ||
		    errno == ELOOP || errno == ENXIO ? 0 :
		    err_sys(err, "%s", path);
	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	if (!admin_file_counts(domain, &st))
		return 0;
	str_room(text, TEXT_MAX);
	ssize_t n = fd_read(fd, text->s + text->len, TEXT_MAX);
	if (n == -1)
		return err_sys(err, "%s", path);
	text->len += (size_t)n;
	text->s[text->len] = '\0';
	return 1;
}
