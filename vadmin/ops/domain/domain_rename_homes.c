/* domain_rename_homes.c: where the homes of a renamed domain's accounts are. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "change.h"
#include "domain_rename.h"
#include "domain_set.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "scope.h"

/* A line of passwd.D with the home below homes/D, if it is there, below
 * homes/NEW. */
static void
rename_home(const struct domain_rename *r, struct slice line, struct str *out)
{
	struct slice rest = line;
	struct entry entry;

	if (!entries_next(&rest, &entry) || entry.count != PASSWD_FIELDS ||
	    !slice_starts(entry.field[PASSWD_HOME], r->homes_from)) {
		str_addslice(out, line);
		return;
	}
	struct slice home = entry.field[PASSWD_HOME],
	    below = slice_from(home, strlen(r->homes_from));
	str_add(out, line.p, (size_t)(home.p - line.p));
	str_adds(out, r->homes_to);
	str_add(out, below.p, (size_t)(line.p + line.len - below.p));
}

/* prefix: what stands before the lines that are passwd.D's; of others, nothing
 * changes. */
static void
rename_homes(const struct domain_rename *r, struct slice text,
    const char *prefix, struct str *out)
{
	struct slice line;

	while (text.len > 0) {
		bool ends = slice_has(text, '\n');
		slice_cut(&text, '\n', &line);
		if (slice_starts(line, prefix)) {
			str_adds(out, prefix);
			rename_home(r, slice_from(line, strlen(prefix)), out);
		} else
			str_addslice(out, line);
		if (ends)
			str_addc(out, '\n');
	}
}

int
domain_rename_homes_in(const struct domain_rename *r, int dir, const char *name,
    const char *prefix, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 }, new = { 0 };
	SCOPED(drop_fd) int fd = -1;

	if (file_open(dir, name, O_NOFOLLOW, &fd, NULL, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (file_read(fd, SIZE_MAX / 2, &text, err) == -1)
		return err_within(err, "%s", name);
	rename_homes(r, str_slice(&text), prefix, &new);
	return slice_equal(str_slice(&text), str_slice(&new)) ? 0 :
	    file_replace(dir, name, MODE_SECRET, str_slice(&new), err);
}

/* What is remembered of deleted accounts goes with the domain. */
int
domain_rename_records(const struct domain_rename *r, struct err *err)
{
	SCOPED(drop_fd) int trash = -1, own = -1;
	SCOPED(drop_dir) DIR *dir = NULL;
	const struct dirent *entry;
	size_t made = 0;

	if (dir_open(r->call->in.dir, ".trash", &trash, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (domain_set_move(trash, r->from, trash, r->to, err) == -1)
		return -1;
	if (dir_open(trash, r->to, &own, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if ((dir = fdopendir(own)) == NULL)
		return err_sys(err, "list .trash/%s", r->to);
	own = -1;
	while (errno = 0, (entry = change_read_dir(dir, &made)) != NULL)
		if (entry->d_name[0] != '.' && domain_rename_homes_in(r, dirfd(dir),
		    entry->d_name, "passwd:", err) == -1)
			return err_within(err, ".trash/%s", r->to);
	return errno != 0 ? err_sys(err, "list .trash/%s", r->to) : 0;
}
