/* domain.c: a virtual domain: whether it is ours, its settings, its owner. */
#include "domain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "change.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "name.h"
#include "scope.h"

enum {
	/* links from domain alias to domain alias */
	ALIAS_STEPS = 20,
	/* for "shadow." and ".NAME.new" around it */
	FILE_NAME_ROOM = 240,
};

static bool
exists(const struct installation *in, const char *prefix, const char *name,
    bool *link)
{
	SCOPED(drop_str) struct str file = { 0 };
	struct stat st;

	str_addf(&file, "%s%s", prefix, name);
	if (change_stat(in->dir, str_text(&file), &st) == -1)
		/* what cannot be looked at is there */
		return errno != ENOENT;
	*link = S_ISLNK(st.st_mode);
	return true;
}

/* Where the link domain.NAME leads: "domain.OTHER" beside it. */
static int
follow_alias(const struct installation *in, const char *name,
    struct str *target, struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 };
	char text[PATH_MAX];

	str_addf(&file, "domain.%s", name);
	ssize_t n = change_read_link(in->dir, str_text(&file), text,
	    sizeof text);
	if (n == -1)
		return err_sys(err, "%s/%s", in->path, str_text(&file));
	struct slice to = { text, (size_t)n };
	if (!slice_starts(to, "domain.") || !name_is_domain(slice_from(to, 7)))
		return err_set(err, ERR_TEMPORARY,
		    "%s/%s: a domain alias is a link to domain.NAME beside it, "
		    "not to '%.*s'", in->path, str_text(&file), (int)to.len,
		    to.p);
	str_cut(target, 0);
	str_addslice(target, slice_from(to, 7));
	return 0;
}

static int
find_real_name(const struct installation *in, struct pool *pool,
    struct slice given, const char **out, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	SCOPED(drop_str) struct str first = { 0 };
	bool link = false;

	if (name_canonical_domain(given, &name, err) == -1) {
		if (err->kind == ERR_INVALID)
			err->kind = ERR_ABSENT;
		return -1;
	}
	str_addslice(&first, str_slice(&name));
	for (int step = 0; step <= ALIAS_STEPS && name.len <= FILE_NAME_ROOM;
	    step++) {
		link = false;
		bool there = exists(in, "domain.", str_text(&name), &link);
		if (there && link) {
			if (follow_alias(in, str_text(&name), &name, err) == -1)
				return -1;
			continue;
		}
		if (there || exists(in, "passwd.", str_text(&name), &link)) {
			*out = pool_dup(pool, str_slice(&name));
			return 0;
		}
		/* passwd.NAME may have gone because the name became an alias
		 * since the first look. */
		if (exists(in, "domain.", str_text(&name), &link))
			continue;
		if (step > 0)
			return err_set(err, ERR_TEMPORARY,
			    "%s/domain.%s: leads to %s, which is no domain",
			    in->path, str_text(&first), str_text(&name));
		break;
	}
	if (link)
		return err_set(err, ERR_TEMPORARY,
		    "%s/domain.%s: the links go round in circles", in->path,
		    str_text(&first));
	return err_set(err, ERR_ABSENT, "%s is not one of our domains",
	    str_text(&first));
}

/* Where only some are shown, the others are no less there than what is not:
 * one answer for all. */
int
domain_real_name(const struct installation *in, struct pool *pool,
    struct slice given, const char **out, struct err *err)
{
	const char *name;
	int found = find_real_name(in, pool, given, &name, err);

	if (in->shows != NULL && (found == -1 ||
	    !in->shows(in->shows_to, name)))
		return err_set(err, ERR_ABSENT, "%.*s is not one of our "
		    "domains", (int)given.len, given.p);
	if (found == 0)
		*out = name;
	return found;
}

const char *
domain_where(const struct domain *domain, struct pool *pool,
    const char *setting)
{
	const char *path = domain->in->path;
	unsigned line =
	    domain->lines.of[settings_row(domain_settings,
	    slice_of(setting)) - domain_settings];

	return line == 0 ? pool_format(pool, "%s/%s", path, domain->file) :
	    pool_format(pool, "%s/%s:%u", path, domain->file, line);
}

static int
read_settings(struct domain *domain, struct pool *pool, struct err *err)
{
	const struct installation *in = domain->in;
	SCOPED(drop_fd) int fd = -1;

	settings_preset(domain_settings, pool, &domain->conf);
	if (installation_file(in, domain->file, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	const char *path = pool_format(pool, "%s/%s", in->path, domain->file);
	if (settings_read(domain_settings, pool, fd, path, &domain->conf,
	    &domain->lines, err) == -1)
		return -1;
	const struct setting *row = settings_refused(domain_settings,
	    &domain->lines, &domain->conf, sizeof domain->conf, in->program);
	if (row != NULL)
		return err_set(err, ERR_TEMPORARY,
		    "%s: '%s' is not available in this version: take it out",
		    domain_where(domain, pool, row->name), row->name);
	return 0;
}

static int
find_group(const struct domain *domain, gid_t *gid, struct err *err)
{
	if (domain->conf.gid[0] != '\0')
		return ident_of_group(slice_of(domain->conf.gid), gid, err);
	if (ident_of_group(SLICE("popusers"), gid, err) == 0)
		return 0;
	return err->kind == ERR_ABSENT ? ident_of_group(SLICE("mail"), gid,
	    err) : -1;
}

static int
find_one_owner(struct domain *domain, struct err *err)
{
	if (ident_parse(slice_of(domain->conf.owner), &domain->owner,
	    err) == -1)
		return -1;
	return ident_is_forbidden(domain->owner) ? err_set(err, ERR_INVALID,
	    "must not be root") : 0;
}

static int
find_own_group(struct domain *domain, struct err *err)
{
	if (find_group(domain, &domain->owner.gid, err) == -1)
		return -1;
	return domain->owner.gid == 0 ? err_set(err, ERR_INVALID,
	    "must not be 0") : 0;
}

static int
find_owner(struct domain *domain, struct pool *pool, struct err *err)
{
	domain->one_owner = strcmp(domain->conf.owner, "account") != 0;
	const char *setting = domain->one_owner ? "owner" : "gid";

	if ((domain->one_owner ? find_one_owner(domain, err) :
	    find_own_group(domain, err)) == 0)
		return 0;
	return err_within(err, "%s: %s", domain_where(domain, pool, setting),
	    setting);
}

int
domain_open_listed(const struct installation *in, struct pool *pool,
    const char *name, struct domain **out, struct err *err)
{
	struct domain *domain = pool_alloc(pool, sizeof *domain);
	domain->in = in;
	domain->name = name;
	domain->file = pool_format(pool, "domain.%s", name);
	domain->accounts = &passwd_store;
	if (read_settings(domain, pool, err) == -1 ||
	    find_owner(domain, pool, err) == -1) {
		/* Whatever is wrong, the domain is ours: it is not absent. */
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_INVALID;
		return -1;
	}
	*out = domain;
	return 0;
}

int
domain_open(const struct installation *in, struct pool *pool,
    struct slice given, struct domain **out, struct err *err)
{
	const char *name;

	return domain_real_name(in, pool, given, &name, err) == -1 ? -1 :
	    domain_open_listed(in, pool, name, out, err);
}

struct found_name {
	const char	*name;
	bool		 is_alias;
};

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct found_name *)a)->name,
	    ((const struct found_name *)b)->name);
}

/* Whether an entry is a domain alias: the directory says it, where it knows.  One
 * of passwd.* says nothing: if it has a domain.*, that does. */
static bool
is_link(const struct installation *in, const struct dirent *entry,
    const char *name)
{
	bool link = false;

	if (!change_is_rehearsed() && entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_LNK && slice_starts(
		    slice_of(entry->d_name), "domain.");
	return exists(in, "domain.", name, &link) && link;
}

/* The names of domain.* and passwd.*; one that has both stands there twice. */
static int
collect_names(const struct installation *in, struct pool *pool,
    struct found_name **names, size_t *count, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(in->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	size_t room = 0, made = 0;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_sys(err, "list %s", in->path);
	while (errno = 0, (entry = change_read_dir(dir, &made)) != NULL) {
		struct slice file = slice_of(entry->d_name);
		if (!slice_starts(file, "domain.") &&
		    !slice_starts(file, "passwd."))
			continue;
		struct slice name = slice_from(file, 7);
		if (!name_is_domain(name))
			continue;
		if (*count == room) {
			room = room ? room * 2 : 64;
			*names = mem_grow(*names, room, sizeof **names);
		}
		const char *copy = pool_dup(pool, name);
		(*names)[(*count)++] = (struct found_name){ copy,
		    is_link(in, entry, copy) };
	}
	return errno != 0 ? err_sys(err, "list %s", in->path) : 0;
}

/* Sorted; how many they are. */
static size_t
once_each(struct found_name *names, size_t count)
{
	size_t kept = 0;

	if (count > 1)
		qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 0; i < count; i++)
		if (kept > 0 && strcmp(names[kept - 1].name,
		    names[i].name) == 0)
			names[kept - 1].is_alias |= names[i].is_alias;
		else
			names[kept++] = names[i];
	return kept;
}

static bool
is_shown(const struct installation *in, const char *name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *real;
	struct err unused;

	return domain_real_name(in, &pool, slice_of(name), &real,
	    &unused) == 0;
}

int
domain_each(const struct installation *in, struct pool *pool,
    int (*fn)(void *arg, const char *name, bool is_alias, struct err *err),
    void *arg, struct err *err)
{
	SCOPED(drop_mem) struct found_name *names = NULL;
	size_t count = 0;

	if (collect_names(in, pool, &names, &count, err) == -1)
		return -1;
	count = once_each(names, count);
	for (size_t i = 0; i < count; i++) {
		if (in->shows != NULL && !is_shown(in, names[i].name))
			continue;
		int stop = fn(arg, names[i].name, names[i].is_alias, err);
		if (stop != 0)
			return stop;
	}
	return 0;
}
