/* intake.c: where a message is kept while it is nobody's yet, and reading it
 * from standard input. */
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "scope.h"
#include "spool.h"

/* where anybody can have a file */
#define OTHERS	"/var/tmp"

int
intake_unnamed_file(int dir, int *fd, struct err *err)
{
	unsigned long random;
	char name[64];

	*fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd != -1)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT &&
	    errno != EINVAL)
		return err_sys(err, "create an unnamed file");
	/* A file system without unnamed files: one whose name is gone at
	 * once. */
	if (getrandom(&random, sizeof random, 0) == -1)
		return err_sys(err, "random numbers");
	snprintf(name, sizeof name, ".message.%ld.%lx", (long)getpid(), random);
	*fd = compat_open_beneath(dir, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd == -1 || unlinkat(dir, name, 0) == -1)
		return err_sys(err, "create %s", name);
	return 0;
}

struct outcome
intake_read(struct job *job, int (*open_file)(void *, int *, struct err *),
    void *arg, const char *trace)
{
	struct message_intake intake = {
		.max = job->in->conf.max_message_size,
		.deadline = job->deadline, .open_file = open_file, .arg = arg,
		.trace = trace,
	};
	struct err err;

	if (message_read(STDIN_FILENO, &intake, &job->message, &err) == -1)
		return err.kind == ERR_REFUSED ?
		    outcome_make(OUTCOME_PERMANENT, "5.3.4", "%s", err.text) :
		    outcome_from_err(&err);
	job->unread = false;
	return (struct outcome){ .kind = OUTCOME_DONE };
}

int
intake_open_file(const struct installation *in, int *fd, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	if (spool_open(in, &dir, err) == -1)
		return -1;
	/* Who owns a domain's directory need not own what it lies in. */
	if (faccessat(dir, ".", W_OK, AT_EACCESS) == -1 && errno == EACCES) {
		drop_fd(&dir);
		dir = open(OTHERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir == -1)
			return err_sys(err, "%s", OTHERS);
	}
	return intake_unnamed_file(dir, fd, err);
}

static int
open_for_all(void *arg, int *fd, struct err *err)
{
	const struct job *job = arg;

	return intake_open_file(job->in, fd, err);
}

struct outcome
intake_for_all(struct job *job)
{
	return intake_read(job, open_for_all, job, NULL);
}
