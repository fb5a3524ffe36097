/* maildir_size.c: how many bytes the messages of a Maildir have. */
#include "maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "maildir_name.h"
#include "scope.h"

enum { PASSES = 16 };

struct sum {
	uint64_t	bytes, count;
};

static int
add_message(int dir, const struct dirent *e, struct sum *sum, struct err *err)
{
	uint64_t size;
	struct stat st;

	if (e->d_name[0] == '.' ||
	    (e->d_type != DT_REG && e->d_type != DT_UNKNOWN))
		return 0;
	if (!maildir_name_number(e->d_name, MAILDIR_STORED, &size)) {
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			/* moved meanwhile: the passes will not agree */
			return errno == ENOENT ? 0 :
			    err_sys(err, "%s", e->d_name);
		if (!S_ISREG(st.st_mode))
			return 0;
		size = (uint64_t)st.st_size;
	}
	sum->bytes += size;
	sum->count++;
	return 0;
}

static int
add_part(int fd, struct sum *sum, struct err *err)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *dir = copy != -1 ? fdopendir(copy) : NULL;
	const struct dirent *e;

	if (dir == NULL) {
		if (copy != -1)
			close(copy);
		return err_sys(err, "read the Maildir");
	}
	while (errno = 0, (e = readdir(dir)) != NULL)
		if (add_message(fd, e, sum, err) == -1)
			return -1;
	return errno != 0 ? err_sys(err, "read the Maildir") : 0;
}

/* Readers move messages from new to cur: two passes have to agree. */
int
maildir_size(const struct maildir *md, uint64_t *bytes, struct err *err)
{
	struct sum sum = { 0, 0 }, before;
	int passes = 0;

	do {
		before = sum;
		sum = (struct sum){ 0, 0 };
		if (add_part(md->new, &sum, err) == -1 ||
		    add_part(md->cur, &sum, err) == -1)
			return -1;
	} while ((++passes == 1 || sum.bytes != before.bytes ||
	    sum.count != before.count) && passes < PASSES);
	/* of two that do not agree, the one that loses no mail */
	*bytes = sum.bytes < before.bytes ? sum.bytes : before.bytes;
	return 0;
}
