/* copy_uids.c: ".NAME.uids" as it goes with a copy of the mbox, whose inode
 * number is another one. */
#include "uids.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "scope.h"
#include "str.h"

enum { TEXT_MAX = 1 << 28 };

static bool
is_number(struct slice line, ino_t inode)
{
	uint64_t number;

	return slice_number(slice_from(line, 6), UINT64_MAX, &number) == 0 &&
	    number == inode;
}

/* Adds the part that holds: the mbox's own, else the last one. */
static void
add_part(struct slice text, ino_t inode, struct str *out)
{
	struct slice rest = text, line;
	bool own = false;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		if (slice_starts(line, "inode ")) {
			if (own)
				return;
			own = is_number(line, inode);
			str_cut(out, sizeof UIDS_MAGIC);
		}
		str_addslice(out, line);
		str_addc(out, '\n');
	}
}

int
uids_copy(int dir, const char *name, ino_t inode, struct str *out,
    struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	str_addf(&file, ".%s.uids", name);
	if (file_open(dir, str_text(&file), O_NOFOLLOW, &fd, &st, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (st.st_uid != geteuid() || st.st_nlink != 1)
		return 0;
	if (file_read(fd, TEXT_MAX, &text, err) == -1)
		return err_within(err, "%s", str_text(&file));
	if (slice_starts(str_slice(&text), UIDS_MAGIC "\n"))
		add_part(str_slice(&text), inode, out);
	return 0;
}
