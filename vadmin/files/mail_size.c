/* mail_size.c: how many bytes of mail an account has. */
#include "mail_size.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "fd.h"
#include "mailbox.h"
#include "scope.h"

enum { APART_MS = 60000 };

static _Noreturn void
measure(const struct account *account, int out)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct mailbox mailbox = MAILBOX_NONE;
	uint64_t bytes = 0;
	struct err err;

	if (ident_become(account_identity(account), &err) == 0 &&
	    mailbox_open(account, false, &pool, &mailbox, &err) == 0 &&
	    mailbox_size(&mailbox, &bytes, &err) == 0)
		fd_write(out, &bytes, sizeof bytes);
	_exit(0);
}

static uint64_t
size_apart(const struct account *account)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int in = -1, out = -1;
	uint64_t bytes = 0;
	struct err err;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return 0;
	in = ends[0];
	out = ends[1];
	int forked = child_fork(&child, &err);
	if (forked == 0)
		measure(account, out);
	drop_fd(&out);
	if (forked == -1 || fd_read_by(in, &bytes, sizeof bytes,
	    deadline_in(APART_MS), &err) != sizeof bytes)
		return 0;
	return bytes;
}

uint64_t
mail_size(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	if (lstat(mailbox_path(account, &pool), &st) == -1)
		return 0;
	return S_ISREG(st.st_mode) ? (uint64_t)st.st_size :
	    S_ISDIR(st.st_mode) ? size_apart(account) : 0;
}
