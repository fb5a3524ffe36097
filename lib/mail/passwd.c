/* passwd.c: accounts in passwd.D and shadow.D, as Linuxconf kept them. */
#include "account.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fd.h"
#include "lines.h"
#include "name.h"
#include "scope.h"

enum { PASSWD_FIELDS = 7, SHADOW_FIELDS = 9 };
enum { NAME, HASH, UID, GID, GECOS, HOME, SHELL };
enum { SHADOW_EXPIRES = 7 };

/* How many fields there are; the first max of them. */
static int
split_fields(struct slice line, struct slice *fields, int max)
{
	struct slice field;
	int n = 0;

	for (; slice_cut(&line, ':', &field); n++)
		if (n < max)
			fields[n] = field;
	return n;
}

static bool
has_all_fields(struct slice line)
{
	struct slice fields[1];

	return split_fields(line, fields, 1) == PASSWD_FIELDS;
}

static struct slice
first_field(struct slice line)
{
	struct slice rest = line, field = { 0 };

	slice_cut(&rest, ':', &field);
	return field;
}

/* GECOS up to the first comma; each & is the login with a capital. */
static const char *
full_name(struct pool *pool, struct slice gecos, struct slice login)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct slice rest = gecos, first = { 0 };

	slice_cut(&rest, ',', &first);
	for (size_t i = 0; i < first.len; i++) {
		if (first.p[i] != '&') {
			str_addc(&name, first.p[i]);
			continue;
		}
		char initial = login.p[0];
		str_addc(&name, initial >= 'a' && initial <= 'z' ?
		    (char)(initial - 'a' + 'A') : initial);
		str_addslice(&name, slice_from(login, 1));
	}
	return pool_dup(pool, str_slice(&name));
}

/* What is wrong with the line of an account; NULL: nothing. */
static const char *
parse_line(struct slice line, struct slice fields[PASSWD_FIELDS],
    struct ident *ident)
{
	uint64_t uid, gid;

	if (slice_has(line, '\0'))
		return "a NUL byte is in the line";
	if (split_fields(line, fields, PASSWD_FIELDS) != PASSWD_FIELDS)
		return "an account's line has seven fields";
	if (slice_number(fields[UID], UINT32_MAX, &uid) == -1 ||
	    slice_number(fields[GID], UINT32_MAX, &gid) == -1)
		return "user id or group id is not a number";
	*ident = (struct ident){ (uid_t)uid, (gid_t)gid };
	if (ident_is_forbidden(*ident))
		return "no account can have user or group id 0 or 4294967295";
	return NULL;
}

struct reader {
	const struct domain	*domain;
	const char		*path;
	int			 fd;
	struct lines		 lines;
};

static void
drop_reader(struct reader *r)
{
	drop_lines(&r->lines);
	drop_fd(&r->fd);
}

static int
open_reader(const struct domain *domain, struct pool *pool, const char *kind,
    struct reader *r, struct err *err)
{
	const char *name = pool_format(pool, "%s.%s", kind, domain->name);

	if (installation_file(domain->in, name, &r->fd, err) == -1)
		return -1;
	r->domain = domain;
	r->path = pool_format(pool, "%s/%s", domain->in->path, name);
	r->lines.fd = r->fd;
	return 0;
}

/* Without passwd.D a domain is broken: nobody in it is unknown. */
static int
open_passwd(const struct domain *domain, struct pool *pool, struct reader *r,
    struct err *err)
{
	if (open_reader(domain, pool, "passwd", r, err) == 0)
		return 0;
	if (err->kind == ERR_ABSENT)
		err->kind = ERR_TEMPORARY;
	return -1;
}

static bool
is_comment(struct slice line)
{
	return slice_trim(line).len == 0 || slice_starts(line, "#");
}

static bool
is_account_line(const struct reader *r, struct slice line)
{
	if (is_comment(line))
		return false;
	if (!r->lines.too_long && name_is_account(first_field(line)))
		return true;
	installation_warn(r->domain->in,
	    "%s:%u: skipped: no account can have this name", r->path,
	    r->lines.number);
	return false;
}

static struct account *
make_account(const struct reader *r, struct pool *pool,
    struct slice fields[PASSWD_FIELDS], struct ident ident)
{
	struct account *account = pool_alloc(pool, sizeof *account);

	*account = (struct account){
		.domain = r->domain,
		.name = pool_dup(pool, fields[NAME]),
		.full_name = full_name(pool, fields[GECOS], fields[NAME]),
		.home = pool_dup(pool, fields[HOME]),
		.ident = ident,
		.file = r->path,
		.line = r->lines.number,
	};
	return account;
}

static void
warn_broken(const struct reader *r, const char *wrong)
{
	installation_warn(r->domain->in, "%s:%u: skipped: %s", r->path,
	    r->lines.number, wrong);
}

static int
find(const struct domain *domain, struct pool *pool, struct slice name,
    struct account **out, struct err *err)
{
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct slice line, fields[PASSWD_FIELDS];
	struct ident ident;
	int got;

	if (open_passwd(domain, pool, &r, err) == -1)
		return -1;
	while ((got = lines_next(&r.lines, &line, err)) == 1) {
		if (!slice_same(first_field(line), name)) {
			if (!has_all_fields(line) && !is_comment(line))
				warn_broken(&r, "an account's line has seven "
				    "fields");
			continue;
		}
		const char *wrong = parse_line(line, fields, &ident);
		if (wrong != NULL)
			return err_set(err, ERR_INVALID, "%s:%u: %s", r.path,
			    r.lines.number, wrong);
		*out = make_account(&r, pool, fields, ident);
		return 0;
	}
	if (got == -1)
		return err_within(err, "%s", r.path);
	return err_set(err, ERR_ABSENT, "%s has no account of this name",
	    r.path);
}

static int
each(const struct domain *domain, account_visitor *visit, void *arg,
    struct err *err)
{
	SCOPED(drop_pool) struct pool paths = { 0 };
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct slice line, fields[PASSWD_FIELDS];
	struct ident ident;
	int got;

	if (open_passwd(domain, &paths, &r, err) == -1)
		return -1;
	while ((got = lines_next(&r.lines, &line, err)) == 1) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		if (!is_account_line(&r, line))
			continue;
		const char *wrong = parse_line(line, fields, &ident);
		if (wrong != NULL)
			warn_broken(&r, wrong);
		else if (visit(arg, make_account(&r, &pool, fields, ident),
		    err) == -1)
			return -1;
	}
	return got == -1 ? err_within(err, "%s", r.path) : 0;
}

struct full_name_search {
	struct slice	 key;
	struct pool	*pool;
	struct account	*found;
	unsigned	 count;
};

static int
compare_full_name(void *arg, const struct account *account, struct err *err)
{
	struct full_name_search *search = arg;
	SCOPED(drop_str) struct str key = { 0 };

	(void)err;
	if (!account_full_name_key(slice_of(account->full_name), &key) ||
	    !slice_equal(str_slice(&key), search->key))
		return 0;
	if (search->count++ > 0)
		return 0;
	search->found = pool_alloc(search->pool, sizeof *search->found);
	*search->found = *account;
	search->found->name = pool_dup(search->pool, slice_of(account->name));
	search->found->full_name = pool_dup(search->pool,
	    slice_of(account->full_name));
	search->found->home = pool_dup(search->pool, slice_of(account->home));
	search->found->file = pool_dup(search->pool, slice_of(account->file));
	return 0;
}

static int
find_full_name(const struct domain *domain, struct pool *pool,
    struct slice name, struct account **out, bool *several, struct err *err)
{
	SCOPED(drop_str) struct str key = { 0 };
	struct full_name_search search = { .pool = pool };

	*several = false;
	if (!account_full_name_key(name, &key))
		return err_set(err, ERR_ABSENT, "not a full name");
	search.key = str_slice(&key);
	if (each(domain, compare_full_name, &search, err) == -1)
		return -1;
	*several = search.count > 1;
	if (search.count != 1)
		return err_set(err, ERR_ABSENT,
		    "%u accounts have this full name", search.count);
	*out = search.found;
	return 0;
}

/* The line's hash field of passwd.D, for accounts that shadow.D lacks. */
static int
read_passwd_hash(const struct domain *domain, struct pool *pool,
    struct slice name, const char **hash, struct err *err)
{
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct slice line, fields[PASSWD_FIELDS];
	struct ident ident;
	int got;

	if (open_passwd(domain, pool, &r, err) == -1)
		return -1;
	while ((got = lines_next(&r.lines, &line, err)) == 1)
		if (slice_same(first_field(line), name)) {
			if (parse_line(line, fields, &ident) == NULL &&
			    !slice_is(fields[HASH], "x"))
				*hash = pool_dup(pool, fields[HASH]);
			return 0;
		}
	return got;
}

static bool
has_expired(struct slice days)
{
	uint64_t day;

	return days.len > 0 && (slice_number(days, UINT32_MAX, &day) == -1 ||
	    (uint64_t)(time(NULL) / 86400) >= day);
}

/* 1: found, 0: shadow.D has no (whole) line for the name. */
static int
read_shadow(const struct domain *domain, struct pool *pool, struct slice name,
    const char **hash, bool *expired, struct err *err)
{
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct slice line, fields[SHADOW_FIELDS];
	int got;

	if (open_reader(domain, pool, "shadow", &r, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	while ((got = lines_next(&r.lines, &line, err)) == 1) {
		if (!slice_same(first_field(line), name))
			continue;
		if (split_fields(line, fields,
		    SHADOW_FIELDS) != SHADOW_FIELDS || slice_has(line, '\0')) {
			installation_warn(domain->in,
			    "%s:%u: skipped: a password's line has nine fields",
			    r.path, r.lines.number);
			continue;
		}
		*hash = pool_dup(pool, fields[HASH]);
		*expired = has_expired(fields[SHADOW_EXPIRES]);
		return 1;
	}
	return got;
}

static int
password(const struct domain *domain, struct pool *pool,
    const struct account *account, struct password *out, struct err *err)
{
	struct slice name = slice_of(account->name);
	const char *hash = NULL;
	bool expired = false;
	int got = read_shadow(domain, pool, name, &hash, &expired, err);

	if (got == -1 || (got == 0 &&
	    read_passwd_hash(domain, pool, name, &hash, err) == -1))
		return -1;
	bool usable = hash != NULL && hash[0] != '\0' && hash[0] != '!' &&
	    hash[0] != '*';
	*out = (struct password){
		.hash = usable && !expired ? hash : NULL,
		.locked = !usable || expired,
		.expired = expired,
	};
	return 0;
}

const struct account_store passwd_store = {
	.name = "passwd",
	.find = find,
	.find_full_name = find_full_name,
	.password = password,
	.each = each,
};
