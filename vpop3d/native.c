/* native.c: the machine's own POP3 server: becoming it, or starting it. */
#include "native.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "log.h"
#include "loopback.h"
#include "mem.h"
#include "scope.h"

/* Returns only when that failed. */
static int
execute(char *const *argv, const struct startup *found, struct err *err)
{
	size_t count = 0;

	while (argv[count] != NULL)
		count++;
	SCOPED(drop_mem) char **copy = mem_alloc((count + 1) * sizeof *copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = argv[i];
	char *slash = strrchr(argv[0], '/');
	if (slash != NULL)
		copy[0] = slash + 1;
	compat_cloexec_from(STDERR_FILENO + 1);
	startup_restore(found);
	execvp(argv[0], copy);
	return err_sys(err, "start the native pop3d %s", argv[0]);
}

int
native_become(char *const *argv, const struct connection *c,
    const struct startup *found, struct err *err)
{
	connection_restore(c);
	execute(argv, found, err);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (c->standard_error != -1 && nothing != -1)
		/* the complaint is not for the client */
		dup2(nothing, STDERR_FILENO);
	return -1;
}

static _Noreturn void
be_native(char *const *argv, const struct startup *found, int server)
{
	struct err err;

	/* If we die it sees the connection end, and decides what is to be done
	 * with its mailbox. */
	prctl(PR_SET_PDEATHSIG, 0);
	if (dup2(server, STDIN_FILENO) != -1 &&
	    dup2(server, STDOUT_FILENO) != -1)
		execute(argv, found, &err);
	else
		err_fill_sys(&err, "give the native pop3d its connection");
	log_warning("%s: name one that is there behind the options of vpop3d, "
	    "or none", err.text);
	_exit(75);
}

int
native_start(char *const *argv, const struct startup *found,
    struct child *child, int *client, struct err *err)
{
	SCOPED(drop_fd) int ours = -1, theirs = -1;
	int ends[2];

	if (loopback_pair(ends, err) == -1)
		return err_within(err, "a connection for the native pop3d");
	ours = ends[0];
	theirs = ends[1];
	int forked = child_fork(child, err);
	if (forked == 0)
		be_native(argv, found, theirs);
	if (forked == -1)
		return -1;
	*client = ours;
	ours = -1;
	return 0;
}
