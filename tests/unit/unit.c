/* unit.c: collects tests, and gives each an empty directory. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TESTS_MAX = 1000 };

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;
static char path[64];
static int dir = -1;

static void
must(int result, const char *what)
{
	if (result == -1)
		fail_msg("%s: %s", what, strerror(errno));
}

static int
begin(void **state)
{
	(void)state;
	strcpy(path, "/tmp/vmail-unit-XXXXXX");
	must(mkdtemp(path) == NULL ? -1 : 0, path);
	must(chmod(path, 0755), path);
	must(chdir(path), path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir, path);
	return 0;
}

static int
remove_one(const char *name, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(name);
}

static int
end(void **state)
{
	(void)state;
	fault_clear();
	close(dir);
	must(chdir("/"), "/");
	must(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), path);
	return 0;
}

void
add_row(const char *name, CMUnitTestFunction function, const void *row)
{
	if (test_count == TESTS_MAX)
		abort();
	tests[test_count++] = (struct CMUnitTest){ name, function, begin, end,
	    (void *)(uintptr_t)row };
}

void
add_test(const char *name, CMUnitTestFunction function)
{
	add_row(name, function, NULL);
}

int
run_all(void)
{
	return _cmocka_run_group_tests("tests", tests, test_count, NULL, NULL);
}

int
unit_dir(void)
{
	return dir;
}

const char *
unit_path(void)
{
	return path;
}

void
unit_write(const char *name, const void *p, size_t len)
{
	FILE *f = fopen(name, "w");

	must(f == NULL ? -1 : 0, name);
	if (len > 0)
		must(fwrite(p, len, 1, f) == 1 ? 0 : -1, name);
	must(fclose(f), name);
}

void
unit_writes(const char *name, const char *text)
{
	unit_write(name, text, strlen(text));
}

void
assert_file(const char *name, const char *text)
{
	char found[4096];
	FILE *f = fopen(name, "r");

	must(f == NULL ? -1 : 0, name);
	found[fread(found, 1, sizeof found - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(found, text);
}

void
assert_no_file(const char *name)
{
	struct stat st;

	if (lstat(name, &st) == 0)
		fail_msg("%s is there", name);
}
