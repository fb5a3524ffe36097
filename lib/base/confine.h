/* confine.h: what a process gives up before it meets a client or the
 * network. */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdint.h>

#include "child.h"
#include "deadline.h"
#include "err.h"
#include "str.h"

/* Opens the empty directory that becomes the root of who talks to clients:
 * STATE/empty, root's and writable by nobody else; both are made when missing.
 * *fd stays -1 where the process is not root and cannot use one. */
int	confine_open_root(const char *state, int *fd, struct err *err);

/* In a child of child_fork(), or what it executes: becomes nobody in that
 * directory, for good, unable to start processes, or to write more than
 * file_max bytes into a file that it was given.  Without root only what needs
 * no right is done. */
int	confine_to(int root, uint64_t file_max, struct err *err);

/* Closes all descriptors but 0, 1, 2 and those in keep. */
void	confine_fds(const int *keep, int count);

/* In a child that asks the network: becomes nobody, with no environment. */
int	confine_as_nobody(struct err *err);

/* Asks fn in a child that has become nobody (not in the empty directory), and
 * kills it at the deadline.  fn writes what it found into *answer.  -1: no
 * answer.  What comes back is not to be believed. */
int	confine_ask(int (*fn)(const void *question, struct str *answer),
	    const void *question, struct deadline d, struct str *answer,
	    struct err *err);

#endif
