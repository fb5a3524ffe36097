/* answer_file.c: files of automatic answers. */
#include "answer_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "operation.h"
#include "output.h"
#include "scope.h"

static bool
is_blank(struct slice text)
{
	struct slice line;

	while (slice_cut(&text, '\n', &line))
		if (slice_trim(line).len > 0)
			return false;
	return true;
}

int
answer_file_take(const char *path, struct pool *pool, struct slice *text,
    struct answer_text *parsed, struct err *err)
{
	SCOPED(drop_fd) int fd = strcmp(path, "-") == 0 ?
	    fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) :
	    open(path, O_RDONLY | O_CLOEXEC);
	SCOPED(drop_str) struct str bytes = { 0 };

	if (fd == -1) {
		err_fill_open(err, path);
		return -1;
	}
	if (file_read(fd, ANSWER_TEXT_MAX, &bytes, err) == -1 ||
	    answer_text_parse(str_slice(&bytes), parsed, err) == -1)
		return err_within(err, "%.200s", path);
	if (parsed->left_out.len > 0)
		note("not sent: %s", str_text(&parsed->left_out));
	if (is_blank(str_slice(&parsed->body)))
		note("the text is empty: an empty line ends its header");
	*text = (struct slice){ pool_dup(pool, str_slice(&bytes)), bytes.len };
	return 0;
}

/* Else the new file would be given to whoever made the old one, or to whom a
 * link of theirs leads. */
static int
make_way(int dir, const char *name, struct err *err)
{
	if (unlinkat(dir, name, 0) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s", name);
	return 0;
}

static bool
is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1;
}

int
answer_file_write(int dir, const char *name, struct slice text, uid_t owner,
    mode_t mode, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!is_plain(&st) || st.st_uid != owner) &&
	    make_way(dir, name, err) == -1)
		return -1;
	if (draft_begin(dir, name, mode, &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, text.p, text.len) == -1)
		return err_sys(err, "write %s", name);
	if (owner != geteuid() && fchown(draft.fd, owner, (gid_t)-1) == -1)
		return err_sys(err, "give %s to uid %u", name,
		    (unsigned)owner);
	return draft_commit(&draft, err);
}

int
answer_file_print(int dir, const char *name, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line;
	struct stat st;

	if (file_open(dir, name, O_NOFOLLOW, &fd, &st, err) == -1)
		return -1;
	if (!is_plain(&st))
		return err_set(err, ERR_REFUSED, "%s has two names", name);
	if (file_read(fd, ANSWER_TEXT_MAX, &text, err) == -1)
		return err_within(err, "%s", name);
	rest = str_slice(&text);
	if (slice_ends(rest, "\n"))
		rest.len--;
	while (slice_cut(&rest, '\n', &line))
		output_line(line);
	return 0;
}

int
answer_file_remove(int dir, const char *name, bool *was, struct err *err)
{
	bool removed = unlinkat(dir, name, 0) == 0;

	if (!removed && errno != ENOENT)
		return err_sys(err, "remove %s", name);
	if (was != NULL)
		*was = removed;
	return removed && fsync(dir) == -1 ?
	    err_sys(err, "sync the directory of %s", name) : 0;
}
