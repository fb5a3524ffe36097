/* record.c: what was done with one message for one recipient, on disk. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "installation.h"
#include "lock.h"
#include "scope.h"
#include "spool.h"

/* A line: DONE, then the target with what is no printable ASCII as %XX. */
#define DONE	"done "
#define IN_STATE "deliveries"
#define IN_SPOOL ".deliveries"
/* its time: when old ones were looked for last */
#define CLEANED	".cleaned"

enum {
	HOUR	 = 3600,
	DAY	 = 24 * HOUR,
	TEXT_MAX = 1 << 28,
	PRIVATE	 = 0700,
};

/* --- where -------------------------------------------------------------- */

static int
check_place(int dir, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(dir, &st) == -1)
		return err_sys(err, "%s", path);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(err, ERR_REFUSED, "%s: must be uid %u's, and "
		    "closed to others (chmod 700)", path, (unsigned)geteuid());
	return 0;
}

static int
open_place(int around, const char *name, const char *path, int *dir,
    struct err *err)
{
	SCOPED(drop_fd) int got = -1;

	if (dir_make(around, name, PRIVATE, &got, err) == -1)
		return err_within(err, "%s", path);
	if (check_place(got, name, err) == -1)
		return err_within(err, "%s", path);
	*dir = got;
	got = -1;
	return 0;
}

static int
place_in_state(const struct installation *in, int *dir, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int state = -1;
	const char *path = installation_path(in, &pool, in->conf.state);

	if (dir_make(AT_FDCWD, path, 0755, &state, err) == -1)
		return -1;
	return open_place(state, IN_STATE, path, dir, err);
}

int
record_place(const struct installation *in, const struct domain *domain,
    int *dir, struct err *err)
{
	SCOPED(drop_fd) int spool = -1;

	if (place_in_state(in, dir, err) == 0)
		return 0;
	if (in->as_root || domain == NULL)
		return -1;
	/* The state of a machine is root's: who is not keeps its records where
	 * it keeps the mail. */
	if (spool_of_domain(domain, true, &spool, err) == -1)
		return -1;
	return open_place(spool, IN_SPOOL, domain->name, dir, err);
}

/* --- all of them -------------------------------------------------------- */

static DIR *
list(int dir)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = again != -1 ? fdopendir(again) : NULL;

	if (listing == NULL)
		drop_fd(&again);
	return listing;
}

bool
record_is_any(int dir)
{
	SCOPED(drop_dir) DIR *listing = list(dir);
	struct dirent *entry;

	if (listing == NULL)
		return true;		/* who knows */
	while ((entry = readdir(listing)) != NULL)
		if (entry->d_name[0] != '.')
			return true;
	return false;
}

static bool
is_older(int dir, const char *name, time_t seconds)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime < time(NULL) - seconds;
}

/* Those that no MTA asks for any more; once an hour is enough. */
static void
clean(int dir)
{
	SCOPED(drop_dir) DIR *listing = NULL;
	SCOPED(drop_fd) int mark = -1;
	struct dirent *entry;

	if (faccessat(dir, CLEANED, F_OK, 0) == 0 &&
	    !is_older(dir, CLEANED, HOUR))
		return;
	mark = openat(dir, CLEANED, O_WRONLY | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);
	if (mark == -1 || futimens(mark, NULL) == -1 ||
	    (listing = list(dir)) == NULL)
		return;
	while ((entry = readdir(listing)) != NULL)
		if (entry->d_name[0] != '.' &&
		    is_older(dir, entry->d_name, RECORD_DAYS * DAY))
			unlinkat(dir, entry->d_name, 0);
}

/* --- reading ------------------------------------------------------------ */

static void
encode(struct str *out, const char *target)
{
	for (const char *p = target; *p != '\0'; p++)
		if (*p > ' ' && *p <= '~' && *p != '%')
			str_addc(out, *p);
		else
			str_addf(out, "%%%02X", (unsigned char)*p);
}

static bool
has_encoded(const struct record *record, const char *encoded)
{
	return table_find(&record->done, encoded) != NULL;
}

bool
record_has(const struct record *record, const char *target)
{
	SCOPED(drop_str) struct str encoded = { 0 };

	if (record->done.count == 0)
		return false;
	encode(&encoded, target);
	return has_encoded(record, str_text(&encoded));
}

/* What a power cut has left of a line is none of ours: it does not end, or
 * holds zeros. */
static int
read_in(struct record *record, struct err *err)
{
	struct str *text = &record->text;

	if (file_read(record->fd, TEXT_MAX, text, err) == -1)
		return err_within(err, "%s", record->name);
	record->torn = text->len > 0 && text->s[text->len - 1] != '\n';
	for (char *line = text->s, *end; line != NULL &&
	    (end = memchr(line, '\n', (size_t)(text->s + text->len - line))) !=
	    NULL; line = end + 1) {
		*end = '\0';
		if (strlen(line) == (size_t)(end - line) &&
		    strncmp(line, DONE, sizeof DONE - 1) == 0)
			*table_at(&record->done, line + sizeof DONE - 1) =
			    record;
	}
	return 0;
}

/* --- one ---------------------------------------------------------------- */

/* Who held the lock before us may have removed it. */
static bool
has_its_name(const struct record *record)
{
	struct stat ours, named;

	return fstat(record->fd, &ours) == 0 &&
	    fstatat(record->dir, record->name, &named, AT_SYMLINK_NOFOLLOW) ==
	    0 && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

static int
open_locked(struct record *record, bool make, struct deadline d,
    struct err *err)
{
	do {
		drop_fd(&record->fd);
		if (!make &&
		    faccessat(record->dir, record->name, F_OK, 0) == -1)
			return errno == ENOENT ? err_set(err, ERR_ABSENT,
			    "no record") : err_sys(err, "%s", record->name);
		if (lock_open(record->dir, record->name, 1, d,
		    &record->fd, err) == -1)
			return -1;
	} while (!has_its_name(record));
	return 0;
}

/* Not every file system can. */
static int
make_room(int fd, size_t at, size_t size)
{
	if (size == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)at,
	    (off_t)size) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -1;
}

int
record_reserve(int dir, size_t size, int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = openat(dir, ".",
	    O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (got == -1)
		return errno == EOPNOTSUPP || errno == EISDIR ||
		    errno == EINVAL ? 0 : err_sys(err, "make room for a record");
	if (make_room(got, 0, size) == -1)
		return err_sys(err, "make room for a record");
	*fd = got;
	got = -1;
	return 0;
}

int
record_open(int dir, const char *name, bool make, size_t size,
    struct deadline d, struct record *out, struct err *err)
{
	SCOPED(drop_record) struct record record = RECORD_NONE;

	record.dir = dir;
	record.name = name;
	if (make)
		clean(dir);
	if (open_locked(&record, make, d, err) == -1)
		return err_within(err, "the record of this delivery");
	if (is_older(dir, name, RECORD_DAYS * DAY) &&
	    ftruncate(record.fd, 0) == -1)
		return err_sys(err, "empty the old record %s", name);
	if (read_in(&record, err) == -1)
		return -1;
	/* Later, when mail lies in its place already, there must be room. */
	if (make && make_room(record.fd, record.text.len, size) == -1)
		return err_sys(err, "make room in record %s", name);
	*out = record;
	record = RECORD_NONE;
	return 0;
}

int
record_add(struct record *record, const char *const *targets, size_t count,
    struct err *err)
{
	SCOPED(drop_str) struct str lines = { 0 }, encoded = { 0 };

	for (size_t i = 0; i < count; i++) {
		str_cut(&encoded, 0);
		encode(&encoded, targets[i]);
		if (!has_encoded(record, str_text(&encoded)))
			str_addf(&lines, "%s" DONE "%s\n",
			    record->torn && lines.len == 0 ? "\n" : "",
			    str_text(&encoded));
	}
	if (lines.len == 0)
		return 0;
	record->torn = true;
	if (lseek(record->fd, 0, SEEK_END) == -1 ||
	    fd_write(record->fd, lines.s, lines.len) == -1 ||
	    fsync(record->fd) == -1 ||
	    (!record->safe && fsync(record->dir) == -1))
		return err_sys(err, "write record %s", record->name);
	record->torn = false;
	record->safe = true;
	return 0;
}

void
drop_record(struct record *record)
{
	struct stat st;

	if (record->fd != -1 && fstat(record->fd, &st) == 0 && st.st_size == 0)
		unlinkat(record->dir, record->name, 0);
	drop_fd(&record->fd);
	drop_table(&record->done);
	drop_str(&record->text);
}
