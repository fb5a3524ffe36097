/* intake_make.c: accounts that come from elsewhere, by the thousand: made. */
#include "intake.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "attribute_file.h"
#include "belongings.h"
#include "fd.h"
#include "files.h"
#include "grant_file.h"
#include "homes.h"
#include "intake_said.h"
#include "leftovers.h"
#include "many_lines.h"
#include "mem.h"
#include "profile_file.h"
#include "progress.h"
#include "quota_file.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"
#include "table.h"
#include "uid_mark.h"
#include "user_files.h"

struct making {
	const struct intake	*intake;
	struct pool		*pool;
	struct newcomer		**all;		/* the new ones */
	size_t			 count;
	uid_t			*uids;
	struct user_files	 files;
};

static void
drop_making(struct making *making)
{
	drop_mem(&making->all);
	drop_mem(&making->uids);
	drop_user_files(&making->files);
}

static const struct domain *
domain_of(const struct making *making)
{
	return making->intake->domain;
}

static struct ident
who_is(const struct making *making, size_t i)
{
	const struct domain *domain = domain_of(making);

	return domain->one_owner ? domain->owner :
	    (struct ident){ making->uids[i], domain->owner.gid };
}

/* --- who they are ------------------------------------------------------- */

/* Uids that came with their mail are kept; the others are new ones. */
static int
take_uids(struct making *making, struct err *err)
{
	const struct domain *domain = domain_of(making);
	SCOPED(drop_mem) uid_t *new = mem_alloc((making->count + 1) *
	    sizeof *new);
	SCOPED(drop_mem) uid_t *kept = mem_alloc((making->count + 1) *
	    sizeof *kept);
	size_t count = 0, others = 0;

	making->uids = mem_alloc((making->count + 1) * sizeof *making->uids);
	for (size_t i = 0; i < making->count; i++)
		if (making->all[i]->in_place && !domain->one_owner)
			kept[others++] = making->all[i]->ident.uid;
	if (others > 0 && uid_mark_pass(domain->in, kept, others, err) == -1)
		return -1;
	count = making->count - others;
	if (count > 0 && uid_mark_take_many(domain->in,
	    (uid_t)domain->conf.uid_start, count, new, err) == -1)
		return -1;
	for (size_t i = 0, next = 0; i < making->count; i++)
		making->uids[i] = making->all[i]->in_place &&
		    !domain->one_owner ? making->all[i]->ident.uid :
		    new[next++];
	return 0;
}

/* --- what is theirs ----------------------------------------------------- */

/* Whom grants.D and attributes.D name, whether they are accounts or not. */
struct named {
	struct pool	pool;
	struct table	names;
};

static void
drop_named(struct named *named)
{
	drop_table(&named->names);
	drop_pool(&named->pool);
}

static void
note_grant(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct named *named = arg;

	(void)file;
	(void)number;
	if (wrong != NULL)
		return;
	table_add_lower(&named->names, &named->pool, line->owner);
	table_add_lower(&named->names, &named->pool, line->who);
}

static void
note_owners(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct named *named = arg;
	struct attributes said = { 0 };
	struct err unused;

	(void)file;
	(void)number;
	if (wrong != NULL || line->what != ATTRIBUTE_OWNERS ||
	    attributes_set(&said, &named->pool, line->what, line->value,
	    &unused) == -1)
		return;
	for (size_t i = 0; i < said.owners.count; i++)
		table_add_lower(&named->names, &named->pool,
		    slice_of(said.owners.word[i]));
}

static int
forget_lines(const struct domain *domain, const char *name, struct err *err)
{
	size_t unused;

	return grant_file_forget(domain, name, &unused, err) == -1 ||
	    attribute_file_replace_owner(domain, name, NULL, &unused,
	    err) == -1 ? -1 : 0;
}

/* Of an earlier account of the name nothing stays. */
static int
forget_earlier(struct making *making, struct err *err)
{
	SCOPED(drop_named) struct named named = { 0 };
	const struct domain *domain = domain_of(making);
	size_t unused;

	if (grant_file_each(domain, &named.pool, note_grant, &named,
	    err) == -1 || attribute_file_each(domain, &named.pool, note_owners,
	    &named, err) == -1)
		return -1;
	for (size_t i = 0; i < making->count; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		const char *name = making->all[i]->name;
		const struct account account = { .domain = domain,
		    .name = name };
		if (belongings_make_room(&account, &pool, err) == -1 ||
		    leftovers_put_away(&account, &unused, err) == -1 ||
		    profile_file_change(domain, name, NULL, 0, true,
		    err) == -1 || (table_find(&named.names, name) != NULL &&
		    forget_lines(domain, name, err) == -1))
			return -1;
	}
	return 0;
}

static int
make_homes(struct making *making, struct err *err)
{
	SCOPED(drop_fd) int homes = -1;

	if (homes_of_domain(domain_of(making), &homes, err) == -1)
		return -1;
	for (size_t i = 0; i < making->count; i++) {
		if (making->all[i]->home == NULL && homes_make_in(homes,
		    domain_of(making), making->all[i]->name,
		    who_is(making, i), err) == -1)
			return -1;
		progress_show("homes", i + 1, making->count);
	}
	return fsync(homes) == -1 ? err_sys(err, "sync the homes of %s",
	    domain_of(making)->name) : 0;
}

static bool
has_quota(const struct newcomer *newcomer)
{
	return newcomer->quota != NULL &&
	    strcmp(newcomer->quota, "default") != 0;
}

/* One sync for all of them; nothing reads them before passwd.D is there. */
static int
write_quotas(struct making *making, struct err *err)
{
	SCOPED(drop_fd) int spool = -1;
	size_t count = 0;

	for (size_t i = 0; i < making->count; i++)
		count += has_quota(making->all[i]);
	if (count == 0)
		return 0;
	if (spool_of_domain(domain_of(making), true, &spool, err) == -1)
		return -1;
	for (size_t i = 0; i < making->count; i++)
		if (has_quota(making->all[i]) && quota_file_write_in(spool,
		    domain_of(making), making->all[i]->name,
		    slice_of(making->all[i]->quota), err) == -1)
			return -1;
	return syncfs(spool) == -1 ? err_sys(err, "sync the spool") : 0;
}

static int
write_forwards(struct making *making, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	for (size_t i = 0; i < making->count; i++) {
		const struct newcomer *newcomer = making->all[i];
		if (newcomer->forward == NULL)
			continue;
		if (dir == -1 && spool_files(domain_of(making), true, &dir,
		    err) == -1)
			return -1;
		if (side_file_write(dir, pool_format(making->pool,
		    "%s.forward", newcomer->name), slice_of(newcomer->forward),
		    geteuid(), MODE_PUBLIC, err) == -1)
			return -1;
	}
	return 0;
}

/* --- their lines -------------------------------------------------------- */

static int
write_shadow(struct making *making, struct err *err)
{
	SCOPED(drop_mem) struct new_line *lines = mem_alloc(making->count *
	    sizeof *lines);
	SCOPED(drop_secret) struct str text = { 0 };
	struct slice today = slice_of(pool_format(making->pool, "%lld",
	    (long long)(time(NULL) / 86400)));

	for (size_t i = 0; i < making->count; i++) {
		const struct newcomer *newcomer = making->all[i];
		lines[i].field[SHADOW_NAME] = slice_of(newcomer->name);
		lines[i].field[SHADOW_HASH] = slice_of(newcomer->hash != NULL ?
		    newcomer->hash : "*");
		lines[i].field[SHADOW_CHANGED] = today;
	}
	if (many_lines_add(str_slice(&making->files.shadow), lines,
	    making->count, SHADOW_FIELDS, &text, err) == -1)
		return err_within(err, "%s", making->files.shadow_name);
	return user_files_write_shadow(&making->files, &text, err);
}

static struct slice
number(struct pool *pool, unsigned id)
{
	return slice_of(pool_format(pool, "%u", id));
}

static struct slice
gecos_of(const struct making *making, const struct newcomer *newcomer)
{
	SCOPED(drop_str) struct str gecos = { 0 };

	intake_said_gecos(newcomer, &gecos);
	return slice_of(pool_dup(making->pool, str_slice(&gecos)));
}

static int
write_passwd(struct making *making, struct err *err)
{
	SCOPED(drop_mem) struct new_line *lines = mem_alloc(making->count *
	    sizeof *lines);
	SCOPED(drop_str) struct str text = { 0 };
	const struct domain *domain = domain_of(making);

	for (size_t i = 0; i < making->count; i++) {
		const struct newcomer *newcomer = making->all[i];
		gid_t gid = newcomer->in_place ? newcomer->ident.gid :
		    domain->owner.gid;
		lines[i] = (struct new_line){ {
			[PASSWD_NAME] = slice_of(newcomer->name),
			[PASSWD_HASH] = SLICE("x"),
			[PASSWD_UID] = number(making->pool, making->uids[i]),
			[PASSWD_GID] = number(making->pool, gid),
			[PASSWD_GECOS] = gecos_of(making, newcomer),
			[PASSWD_HOME] = slice_of(newcomer->home != NULL ?
			    newcomer->home : homes_path(domain, making->pool,
			    newcomer->name)),
			[PASSWD_SHELL] = SLICE("/bin/false"),
		} };
	}
	if (many_lines_add(str_slice(&making->files.passwd), lines,
	    making->count, PASSWD_FIELDS, &text, err) == -1)
		return err_within(err, "%s", making->files.passwd_name);
	return user_files_write_passwd(&making->files, &text, err);
}

int
intake_make(const struct intake *intake, struct pool *pool, struct err *err)
{
	SCOPED(drop_making) struct making making = { .intake = intake,
	    .pool = pool };

	making.all = mem_alloc((intake->count + 1) * sizeof *making.all);
	for (size_t i = 0; i < intake->count; i++)
		if (intake->all[i]->verdict == INTAKE_NEW)
			making.all[making.count++] = intake->all[i];
	if (making.count == 0)
		return 0;
	if (user_files_read(intake->domain, pool, &making.files, err) == -1 ||
	    forget_earlier(&making, err) == -1 ||
	    take_uids(&making, err) == -1 ||
	    write_shadow(&making, err) == -1 ||
	    make_homes(&making, err) == -1 ||
	    write_quotas(&making, err) == -1 ||
	    write_forwards(&making, err) == -1 ||
	    intake_said_write(intake, pool, err) == -1)
		return -1;
	return write_passwd(&making, err);
}
