/* trust_test.c: whether nobody but root and an owner can have written
 * something. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust.h"

static const struct file_row {
	const char	*name;
	uid_t		 uid;
	mode_t		 mode;
	uid_t		 owner;
	bool		 trusted;
} files[] = {
	{ "root's file is trusted by root", 0, 0644, 0, true },
	{ "somebody's file is not", 501, 0644, 0, false },
	{ "a file that the group can write to is not", 0, 0664, 0, false },
	{ "a file that others can write to is not", 0, 0646, 0, false },
	{ "root's file is trusted by every owner", 0, 0644, 501, true },
	{ "the owner's file is trusted by the owner", 501, 0600, 501, true },
	{ "but not when the group can write to it", 501, 0660, 501, false },
	{ "another user's file is not", 502, 0600, 501, false },
};

static void
check_file(void **state)
{
	const struct file_row *row = *state;
	struct stat st = { .st_uid = row->uid, .st_mode = S_IFREG | row->mode };

	assert_int_equal(trust_file(&st, row->owner), row->trusted);
}

/* A path below the test's directory, and what is wrong with it there. */
static const struct path_row {
	const char	*name, *path;
	/* %s: the test's directory; NULL: trusted */
	const char	*complaint;
} paths[] = {
	{ "closed directories of root are trusted (needs root)",
	  "closed/etc/file", NULL },
	{ "a sticky directory is trusted (needs root)", "sticky/etc/file",
	  NULL },
	{ "a directory that others can write to is not (needs root)",
	  "open/etc/file",
	  "others can write to %s/open: close it (chmod go-w)" },
	{ "nor one that the group can write to (needs root)", "group/etc/file",
	  "others can write to %s/group: close it (chmod go-w)" },
	{ "nor one that belongs to somebody (needs root)", "theirs/etc/file",
	  "%s/theirs belongs to uid 61234: give it to root (chown root)" },
	{ "a link to a closed directory is trusted (needs root)",
	  "link-closed/file", NULL },
	{ "a link into an open directory is not (needs root)", "link-open/file",
	  "others can write to %s/open: close it (chmod go-w)" },
	{ "a link of somebody's is not (needs root)", "sticky/their-link/file",
	  "%s/sticky/their-link belongs to uid 61234: give it to root (chown "
	  "root)" },
	{ "nor is it as the last step (needs root)", "sticky/their-file",
	  "%s/sticky/their-file belongs to uid 61234: give it to root (chown "
	  "root)" },
	{ "a link through somebody's link is not (needs root)",
	  "link-link/file", "%s/sticky/their-link belongs to uid 61234: give "
	  "it to root (chown root)" },
	{ "a link that leads on through somebody's directory is not (needs "
	  "root)", "last-link",
	  "%s/theirs belongs to uid 61234: give it to root (chown root)" },
	{ "a relative link is followed from where it stands (needs root)",
	  "closed/up", NULL },
	{ "what is not there cannot be trusted (needs root)", "closed/nothing",
	  "%s/closed/nothing: No such file or directory" },
};

static void
make_directory(const char *name, mode_t mode)
{
	char path[200];

	assert_int_equal(mkdir(name, 0755), 0);
	assert_int_equal(chmod(name, mode), 0);
	snprintf(path, sizeof path, "%s/etc", name);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof path, "%s/etc/file", name);
	unit_writes(path, "");
}

static void
make_link(const char *to, const char *name, uid_t owner)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", unit_path(), to);
	assert_int_equal(symlink(to[0] == '.' ? to : path, name), 0);
	assert_int_equal(lchown(name, owner, owner), 0);
}

static void
furnish(void)
{
	make_directory("closed", 0755);
	make_directory("sticky", 01777);
	make_directory("open", 0757);
	make_directory("group", 0775);
	make_directory("theirs", 0755);
	assert_int_equal(chown("theirs", 61234, 61234), 0);
	make_link("closed/etc", "link-closed", 0);
	make_link("open/etc", "link-open", 0);
	make_link("closed/etc", "sticky/their-link", 61234);
	make_link("closed/etc/file", "sticky/their-file", 61234);
	make_link("sticky/their-link", "link-link", 0);
	make_link("closed/etc/file", "theirs/on", 0);
	make_link("theirs/on", "last-link", 0);
	make_link("../closed/etc/../etc/file", "closed/up", 0);
}

static void
check_path(void **state)
{
	const struct path_row *row = *state;
	char path[200], wanted[300];
	struct err err = { 0 };

	if (geteuid() != 0)
		skip();
	furnish();
	snprintf(path, sizeof path, "%s/%s", unit_path(), row->path);
	int got = trust_path(path, 0, &err);
	if (row->complaint == NULL) {
		assert_string_equal(err.text, "");
		assert_int_equal(got, 0);
		return;
	}
	assert_int_equal(got, -1);
	const char *rest = strstr(row->complaint, "%s") + 2;
	snprintf(wanted, sizeof wanted, "%.*s%s%s",
	    (int)(rest - 2 - row->complaint), row->complaint, unit_path(),
	    rest);
	assert_string_equal(err.text, wanted);
}

static void
test_loop(void **state)
{
	char path[200];
	struct err err = { 0 };

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(symlink("b", "a"), 0);
	assert_int_equal(symlink("a", "b"), 0);
	snprintf(path, sizeof path, "%s/a", unit_path());
	assert_int_equal(trust_path(path, 0, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
}

static void
test_owner(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mkdir("open", 0777), 0);
	assert_int_equal(trust_path("/no/such/place", 501, &err), 0);
}

int
main(void)
{
	add_rows(files, check_file);
	add_rows(paths, check_path);
	add_test("links that lead nowhere end (needs root)", test_loop);
	add_test("without root the directories are the owner's business",
	    test_owner);
	return run_all();
}
