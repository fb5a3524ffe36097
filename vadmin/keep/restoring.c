/* restoring.c: what restoring a domain and restoring an account share. */
#include "restoring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin_file.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "homes.h"
#include "scope.h"
#include "side_file.h"
#include "trash_record.h"
#include "uid_mark.h"
#include "unfinished.h"

enum { LINE_MAX_TEXT = 1 << 16, TEXT_MAX = 1 << 26 };

/* --- files ----------------------------------------------------------- */

static int
compare(struct slice there, struct slice text, const char *where,
    struct err *err)
{
	return slice_equal(there, text) ? 0 : err_set(err, ERR_EXISTS,
	    "%s is there already and is not what the backup has: move it away",
	    where);
}

int
restoring_text(const struct installation *in, const char *name, mode_t mode,
    struct slice text, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str old = { 0 };
	bool there;

	if (files_read(in, name, &old, &there, err) == -1)
		return -1;
	return there ? compare(str_slice(&old), text, pool_format(&pool,
	    "%s/%s", in->path, name), err) :
	    files_write(in, name, mode, text, err);
}

static int
compare_file(const struct domain *domain, int dir, const char *name,
    const struct stat *st, struct slice text, struct err *err)
{
	SCOPED(drop_str) struct str old = { 0 };
	SCOPED(drop_fd) int fd = -1;

	/* an account's is not even opened */
	if (!admin_file_counts(domain, st))
		return err_set(err, ERR_EXISTS, "%s is there already, and is "
		    "not the administrator's: move it away", name);
	return file_open(dir, name, O_NOFOLLOW, &fd, NULL, err) == -1 ||
	    file_read(fd, TEXT_MAX, &old, err) == -1 ? -1 :
	    compare(str_slice(&old), text, name, err);
}

int
restoring_file(const struct domain *domain, int dir, const char *name,
    mode_t mode, struct slice text, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return compare_file(domain, dir, name, &st, text, err);
	return errno != ENOENT ? err_sys(err, "%s", name) :
	    side_file_write(dir, name, text, geteuid(), mode, err);
}

/* --- the accounts of the backup -------------------------------------- */

static int
wrong(const struct restoring *r, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s: %s: %s", r->reader->path,
	    r->reader->member.path, why);
}

static int
read_line(struct restoring *r, size_t fields, struct entry *entry,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (archive_read_text(r->reader, LINE_MAX_TEXT, &text, err) == -1)
		return -1;
	struct slice rest = { pool_dup(&r->pool, str_slice(&text)), text.len };
	if (!slice_ends(rest, "\n") || slice_has(rest, '\0') ||
	    slice_find(rest, '\n') + 1 != (ptrdiff_t)rest.len ||
	    !entries_next(&rest, entry) || entry->count != fields ||
	    !slice_equal(entry->field[0], r->reader->place.account))
		return wrong(r, "not one line of this account", err);
	return 0;
}

static int
read_account(struct restoring *r, struct restored *one, struct err *err)
{
	struct entry entry;
	uint64_t uid, gid;

	if (read_line(r, PASSWD_FIELDS, &entry, err) == -1)
		return -1;
	if (slice_number(entry.field[PASSWD_UID], UINT32_MAX, &uid) == -1 ||
	    slice_number(entry.field[PASSWD_GID], UINT32_MAX, &gid) == -1 ||
	    ident_is_forbidden((struct ident){ (uid_t)uid, (gid_t)gid }))
		return wrong(r, "no account can have such ids", err);
	one->passwd = entry.line;
	one->account = (struct account){
		.name = one->name, .ident = { (uid_t)uid, (gid_t)gid },
		.home = pool_dup(&r->pool, entry.field[PASSWD_HOME]),
	};
	return 0;
}

/* The first member of an account is its line. */
static int
begin_account(struct restoring *r, uint64_t at, struct restored **out,
    struct err *err)
{
	const struct place *place = &r->reader->place;
	struct restored *one = pool_alloc(&r->pool, sizeof *one);

	one->name = pool_dup(&r->pool, place->account);
	one->at = at;
	void **slot = table_at(&r->names, pool_lower(&r->pool,
	    place->account));
	if (*slot != NULL || !slice_is(place->name, "passwd") ||
	    place->part != PART_LINES)
		return wrong(r, "an account is not in one piece", err);
	*slot = one;
	if (read_account(r, one, err) == -1)
		return -1;
	*r->last = one;
	r->last = &one->next;
	r->count++;
	*out = one;
	return 0;
}

static int
note_member(struct restoring *r, struct restored *one, struct err *err)
{
	const struct place *place = &r->reader->place;
	struct entry entry;

	one->end = r->reader->at;
	if (place->part == PART_THINGS && slice_is(place->name, "home"))
		one->has_home = true;
	if (place->part != PART_LINES || !slice_is(place->name, "shadow"))
		return 0;
	if (read_line(r, SHADOW_FIELDS, &entry, err) == -1)
		return -1;
	one->shadow = entry.line;
	return 0;
}

static bool
is_wanted(const struct restoring *r)
{
	struct slice account = r->reader->place.account;

	return account.len > 0 && (r->only == NULL ||
	    slice_same(account, slice_of(r->only)));
}

int
restoring_collect(struct restoring *r, struct err *err)
{
	struct restored *one = NULL;

	r->first = NULL;
	r->last = &r->first;
	archive_seek(r->reader, r->from->at);
	while (r->reader->at < r->from->end) {
		uint64_t at = r->reader->at;
		if (archive_next(r->reader, err) == -1)
			return -1;
		if (!is_wanted(r))
			continue;
		if ((one == NULL || !slice_is(r->reader->place.account,
		    one->name)) && begin_account(r, at, &one, err) == -1)
			return -1;
		if (note_member(r, one, err) == -1)
			return -1;
	}
	return 0;
}

/* --- what is under way ------------------------------------------------ */

int
restoring_check_begun(struct restoring *r, struct err *err)
{
	const struct installation *in = &r->call->in;
	const char *name = r->from->name, *real = name;
	struct unfinished begun;
	struct err unused;

	if (domain_real_name(in, &r->pool, slice_of(name), &real,
	    &unused) == -1)
		real = name;
	int got = unfinished_of_domain(in, &r->pool, name, true, &begun, err);
	if (got == 0 && strcmp(real, name) != 0)
		got = unfinished_of_domain(in, &r->pool, real, true, &begun,
		    err);
	return got <= 0 ? got : err_set(err, ERR_REFUSED, "'%s' was "
	    "interrupted: finish it first with 'vadmin %s'", begun.op,
	    unfinished_command(&begun, &r->pool));
}

/* --- user ids -------------------------------------------------------- */

/* A home of the domain's own moves with it. */
static void
set_fields(struct restoring *r, struct restored *one, uid_t uid)
{
	SCOPED(drop_str) struct str line = { 0 };
	struct pool *pool = &r->pool;
	struct slice rest = one->passwd, field;
	const char *ids[] = { [PASSWD_UID] = pool_format(pool, "%u",
	    (unsigned)uid), [PASSWD_GID] = pool_format(pool, "%u",
	    (unsigned)r->domain->owner.gid) };

	if (one->has_home)
		one->account.home = homes_path(r->domain, pool, one->name);
	for (int i = 0; slice_cut(&rest, ':', &field); i++) {
		if (i > 0)
			str_addc(&line, ':');
		if (i == PASSWD_UID || i == PASSWD_GID)
			str_adds(&line, ids[i]);
		else if (i == PASSWD_HOME)
			str_adds(&line, one->account.home);
		else
			str_addslice(&line, field);
	}
	one->passwd = (struct slice){ pool_dup(pool, str_slice(&line)),
	    line.len };
	one->account.ident = (struct ident){ uid, r->domain->owner.gid };
}

static void
tell_new_uid(const struct restored *one, const struct domain *domain, uid_t uid)
{
	if (uid != one->account.ident.uid)
		note("%s@%s: user id %u is not free here: it has %u", one->name,
		    domain->name, (unsigned)one->account.ident.uid,
		    (unsigned)uid);
}

/* Where it was deleted here, and its record has this id, that is its own. */
static bool
was_own(const struct restored *one)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct domain *domain = one->account.domain;
	const char **stamps;
	size_t count;
	struct err unused;

	if (trash_record_stamps(domain, &pool, one->name, &stamps, &count,
	    &unused) == -1)
		return false;
	while (count-- > 0) {
		SCOPED(drop_secret) struct str text = { 0 };
		struct slice rest, line;
		struct entry entry;
		uint64_t uid;
		if (trash_record_read(domain, one->name, stamps[count], &text,
		    &unused) == -1)
			continue;
		rest = str_slice(&text);
		if (trash_record_next(&rest, "passwd", &line) &&
		    entries_next(&line, &entry) &&
		    entry.count == PASSWD_FIELDS && slice_number(
		    entry.field[PASSWD_UID], UINT32_MAX, &uid) == 0 &&
		    uid == one->account.ident.uid)
			return true;
	}
	return false;
}

static int
settle(struct restoring *r, struct uid_wish *wishes, uint64_t *mark,
    struct err *err)
{
	size_t i = 0;

	for (struct restored *one = r->first; one != NULL; one = one->next)
		wishes[i++] = (struct uid_wish){
			.wanted = one->account.ident.uid,
			.got = restore_record_uid(r->record, one->name),
			.was_own = r->only != NULL && was_own(one),
		};
	if (uid_mark_settle(&r->call->in, (uid_t)r->domain->conf.uid_start,
	    wishes, r->count, mark, err) == -1)
		return -1;
	i = 0;
	for (struct restored *one = r->first; one != NULL; one = one->next) {
		uid_t uid = wishes[i++].got;
		if (restore_record_uid(r->record, one->name) == 0)
			restore_record_add(r->record, one->name, uid);
		tell_new_uid(one, r->domain, uid);
		set_fields(r, one, uid);
	}
	return 0;
}

/* Where one owner has all mail, ids of accounts mean nothing. */
int
restoring_settle(struct restoring *r, struct err *err)
{
	uint64_t mark = 0;

	for (struct restored *one = r->first; one != NULL; one = one->next) {
		one->account.domain = r->domain;
		if (r->domain->one_owner)
			set_fields(r, one, one->account.ident.uid);
	}
	if (!r->domain->one_owner && r->count > 0 && settle(r, pool_alloc(
	    &r->pool, r->count * sizeof(struct uid_wish)), &mark, err) == -1)
		return -1;
	r->record->begun = true;
	if (restore_record_write(&r->call->in, r->record, err) == -1)
		return -1;
	return mark == 0 ? 0 : uid_mark_raise(&r->call->in, mark, err);
}
