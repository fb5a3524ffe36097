/* child.h: child processes, each with a deadline. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include "deadline.h"
#include "err.h"

struct child {
	pid_t	pid;		/* 0: none */
	int	pidfd;
};

#define CHILD_NONE	((struct child){ .pid = 0, .pidfd = -1 })

/* fork() with a process group of its own for the child, which is killed when
 * its parent dies.  Returns like fork(): 0 in the child, -1 on error. */
int	child_fork(struct child *child, struct err *err);

/* Has this process, whose parent is or was that one, get the signal when its
 * parent ends: now, if it has. */
void	child_end_with(pid_t parent, int signo);

/* Waits for the end: *status is as from waitpid().  -1: the deadline passed,
 * or waiting failed; the child still runs. */
int	child_wait(struct child *child, struct deadline d, int *status,
	    struct err *err);

/* Waits for the end; tells the child to end (SIGTERM) when it has not by
 * itself after ms, and kills its group after as much time again.  *status is as
 * from waitpid(). */
void	child_end(struct child *child, int64_t ms, int *status);

/* From now on a child that is stopped is killed: one that has become somebody is
 * his to stop, and whoever waits for it would wait for ever. */
int	child_kill_stopped(struct err *err);

/* Kills the whole process group and waits for the child.  Nothing when it has
 * ended or never began. */
void	drop_child(struct child *child);

#endif
