/* box.c: the mbox "box" in the directory of a test. */
#include "box.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "fd.h"
#include "mbox.h"
#include "scope.h"

void
box_deliver(const char *text)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct stream content = { 0 };
	struct delivery delivery = { .sender = "s@far.test",
	    .content = &content };
	struct err err = { 0 };

	stream_add_memory(&content, slice_of(text));
	if (mbox_file_open(unit_dir(), "box", MBOX_FILE_CREATE,
	    deadline_in(1000), &f, &err) == -1 ||
	    mbox_append(&f, &delivery, &err) == -1)
		fail_msg("%s", err.text);
}

void
box_scan(struct mbox_scan *out, struct stamp *now)
{
	SCOPED(drop_fd) int fd = open("box", O_RDONLY | O_CLOEXEC);
	struct err err;
	struct stat st;

	assert_true(fd != -1 && fstat(fd, &st) == 0);
	assert_int_equal(mbox_scan(fd, 0, SIZE_MAX, out, &err), 0);
	*now = stamp_of(&st);
}

struct maildrop *
box_open(void)
{
	static struct mailbox box = {
		.kind = &mbox_kind, .name = "box", .path = "box",
		.lock_timeout = 1,
	};
	struct maildrop *drop;
	struct err err = { 0 };

	box.who.uid = geteuid();
	box.who.gid = getegid();
	box.parent = unit_dir();
	if (maildrop_open(&box, deadline_in(1000), &drop, &err) == -1)
		fail_msg("%s", err.text);
	return drop;
}
