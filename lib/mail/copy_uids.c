/* copy_uids.c: ".NAME.uids" as it goes with a copy of the mbox, whose inode
 * number is another one. */
#include "uids.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "fd.h"
#include "file.h"
#include "scope.h"
#include "str.h"
#include "uids_read.h"

static bool
is_number(struct slice line, ino_t inode)
{
	struct slice rest = slice_from(line, 6), word;
	uint64_t number;

	return slice_cut(&rest, ' ', &word) &&
	    slice_number(word, UINT64_MAX, &number) == 0 && number == inode;
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
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct err why = { 0 };
	struct stat st;

	if (uids_open(dir, name, O_RDONLY, &fd, &why, err) == -1)
		return -1;
	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == -1)
		return err_sys(err, ".%s.uids", name);
	/* as if lost, as it is to a session */
	if (st.st_size > UIDS_FILE_MAX)
		return 0;
	if (file_read(fd, UIDS_FILE_MAX, &text, err) == -1)
		return err_within(err, ".%s.uids", name);
	if (slice_starts(str_slice(&text), UIDS_MAGIC "\n"))
		add_part(str_slice(&text), inode, out);
	return 0;
}
