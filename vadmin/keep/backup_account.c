/* backup_account.c: an account with its mail and home, into a backup. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "admin_file.h"
#include "apart.h"
#include "backup_domain.h"
#include "fd.h"
#include "file.h"
#include "homes.h"
#include "pack.h"
#include "parcel.h"
#include "place.h"
#include "scope.h"
#include "spool.h"

enum { CHUNK = 1 << 16, ADMIN_MAX = 1 << 26 };

static const char *
path_of(struct pool *pool, const struct account_lines *a, const char *name)
{
	return pool_format(pool, "domains/%s/accounts/%s/%s", a->domain->name,
	    a->name, name);
}

/* --- what is root's -------------------------------------------------- */

static int
write_line(struct backup *b, const struct account_lines *a, const char *name,
    struct slice line, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };

	if (line.len == 0)
		return 0;
	str_addslice(&text, line);
	str_addc(&text, '\n');
	return archive_text(&b->archive, path_of(&pool, a, name), 0600,
	    str_slice(&text), err);
}

/* A file that counts as the administrator's, if there is one; an account's is
 * not even opened. */
static int
write_admin_file(struct backup *b, const struct account_lines *a, int dir,
    const char *file, const char *name, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err unused;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !admin_file_counts(a->domain, &st) ||
	    file_open(dir, file, O_NOFOLLOW, &fd, &st, &unused) == -1 ||
	    !admin_file_counts(a->domain, &st))
		return 0;
	if (file_read(fd, ADMIN_MAX, &text, err) == -1)
		return err_within(err, "%s", file);
	const struct tar_member m = { TAR_FILE, path_of(&pool, a, name), "",
	    st.st_mode & 0755, text.len, time(NULL) };
	return archive_member(&b->archive, &m, err) == -1 ? -1 :
	    archive_bytes(&b->archive, text.s, text.len, err);
}

static int
write_quota(struct backup *b, const struct account_lines *a, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;

	if (spool_of_domain(a->domain, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return write_admin_file(b, a, dir, pool_format(&pool, "%s.quota",
	    a->name), "quota", err);
}

static int
write_files(struct backup *b, const struct account_lines *a, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	if (spool_files(a->domain, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	for (size_t i = 0; place_files[i] != NULL; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		if (write_admin_file(b, a, dir, pool_format(&pool, "%s.%s",
		    a->name, place_files[i]), pool_format(&pool, "files/%s",
		    place_files[i]), err) == -1)
			return -1;
	}
	return 0;
}

/* --- what is the account's ------------------------------------------- */

/* What the child writes moves our offset, too. */
static uint64_t
packed(void *arg)
{
	const struct backup *b = arg;
	off_t at = lseek(b->scratch, 0, SEEK_CUR);

	return at > 0 ? (uint64_t)at : 0;
}

static int
pack(struct backup *b, const struct account_lines *a, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_apart) struct apart apart = APART_NONE;
	const struct account account = { .domain = a->domain, .name = a->name,
	    .home = a->home, .ident = a->ident };
	struct packing packing = { .account = &account, .out = b->scratch,
	    .with_home = strcmp(a->home, homes_path(a->domain, &pool,
	    a->name)) == 0 };

	if (ftruncate(b->scratch, 0) == -1 ||
	    lseek(b->scratch, 0, SEEK_SET) == -1)
		return err_sys(err, "a file for the time being");
	return apart_begin(&apart, account_identity(&account), pack_account,
	    &packing, err) == -1 ? -1 : apart_end(&apart, packed, b, err);
}

static int
copy_to_archive(struct backup *b, const struct tar_member *m, bool wanted,
    struct err *err)
{
	char chunk[CHUNK];

	for (uint64_t left = m->size; left > 0; ) {
		size_t most = left < sizeof chunk ? (size_t)left : sizeof chunk;
		ssize_t n = fd_read(b->scratch, chunk, most);
		if (n == -1 || (size_t)n != most)
			return err_sys(err, "read a copy");
		if (wanted && archive_bytes(&b->archive, chunk, most,
		    err) == -1)
			return -1;
		left -= most;
	}
	return 0;
}

static void
tell(const struct account_lines *a, const char *text)
{
	note("%s@%s: %s", a->name, a->domain->name, text);
}

/* What the child left is looked at like what comes from a stranger. */
static int
unload_one(struct backup *b, const struct account_lines *a, bool *end,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	enum parcel_kind kind;
	struct tar_member m;
	struct place place;

	if (parcel_get(b->scratch, &pool, &kind, &m, err) == -1)
		return -1;
	*end = kind == PARCEL_END;
	if (kind == PARCEL_NOTE) {
		tell(a, m.path);
		b->missing++;
	}
	if (kind != PARCEL_MEMBER)
		return copy_to_archive(b, &m, false, err);
	m.path = path_of(&pool, a, m.path);
	if (!place_parse(m.path, m.kind, &place) ||
	    (place.part != PART_THINGS && place.part != PART_OWN))
		return err_set(err, ERR_INVALID, "%s: nothing that an account "
		    "has", m.path);
	return archive_member(&b->archive, &m, err) == -1 ? -1 :
	    copy_to_archive(b, &m, true, err);
}

static int
unload(struct backup *b, const struct account_lines *a, struct err *err)
{
	bool end = false;

	if (lseek(b->scratch, 0, SEEK_SET) == -1)
		return err_sys(err, "read a copy");
	while (!end)
		if (unload_one(b, a, &end, err) == -1)
			return -1;
	return 0;
}

int
backup_account(struct backup *b, const struct account_lines *a, bool *broken,
    struct err *err)
{
	*broken = false;
	if (pack(b, a, err) == -1)
		return -1;
	*broken = true;		/* from here on half of it may be there */
	if (write_line(b, a, "passwd", a->passwd, err) == -1 ||
	    write_line(b, a, "shadow", a->shadow, err) == -1 ||
	    write_quota(b, a, err) == -1 || write_files(b, a, err) == -1)
		return -1;
	return unload(b, a, err);
}
