/* intake.c: reading the message from standard input. */
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "spool.h"

int
intake_unnamed_file(int dir, int *fd, struct err *err)
{
	char name[64];

	*fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd != -1)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT &&
	    errno != EINVAL)
		return err_sys(err, "create an unnamed file");
	/* A file system without unnamed files: one whose name is gone at
	 * once. */
	snprintf(name, sizeof name, ".message.%ld", (long)getpid());
	*fd = openat(dir, name,
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

static int
open_in_spool(void *arg, int *fd, struct err *err)
{
	const struct job *job = arg;
	SCOPED(drop_fd) int spool = -1;

	if (spool_open(job->in, &spool, err) == -1)
		return -1;
	return intake_unnamed_file(spool, fd, err);
}

struct outcome
intake_for_all(struct job *job)
{
	return intake_read(job, open_in_spool, job, NULL);
}
