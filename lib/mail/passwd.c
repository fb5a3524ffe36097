/* passwd.c: accounts in passwd.D and shadow.D, as Linuxconf kept them. */
#include "account.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fd.h"
#include "lines.h"
#include "mem.h"
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

static struct slice
first_field(struct slice line)
{
	struct slice rest = line, field = { 0 };

	slice_cut(&rest, ':', &field);
	return field;
}

static bool
can_be_in_name(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
	    c == '_' || c == '-';
}

/* Whether a broken line was meant to be the name's: its first word is the
 * name, leading blanks and NUL bytes left out (" joe:x:...", "joe;x;..."). */
static bool
is_meant_for(struct slice line, struct slice name)
{
	size_t i = 0, n = 0;

	while (i < line.len && (line.p[i] == ' ' || line.p[i] == '\t' ||
	    line.p[i] == '\0'))
		i++;
	for (; i < line.len; i++) {
		if (line.p[i] == '\0')
			continue;
		if (!can_be_in_name(line.p[i]))
			break;
		if (n == name.len ||
		    ascii_lower(line.p[i]) != ascii_lower(name.p[n++]))
			return false;
	}
	return n == name.len;
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

/* What is wrong with the form of a line, whoever's it is; NULL: nothing. */
static const char *
split_line(struct slice line, struct slice fields[PASSWD_FIELDS])
{
	if (slice_has(line, '\0'))
		return "a NUL byte is in the line";
	if (split_fields(line, fields, PASSWD_FIELDS) != PASSWD_FIELDS)
		return "an account's line has seven fields";
	if (!name_is_account(fields[NAME]))
		return "no account can have this name";
	return NULL;
}

/* What is wrong with the line of an account; NULL: nothing. */
static const char *
parse_line(struct slice line, struct slice fields[PASSWD_FIELDS],
    struct ident *ident)
{
	const char *wrong = split_line(line, fields);
	uint64_t uid, gid;

	if (wrong != NULL)
		return wrong;
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

/* A broken line that has just the name is its line; one that was but meant to
 * be counts where there is no other. */
static int
find(const struct domain *domain, struct pool *pool, struct slice name,
    struct account **out, struct err *err)
{
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct slice line, fields[PASSWD_FIELDS];
	struct err meant = { 0 };
	struct ident ident;
	int got;

	if (open_passwd(domain, pool, &r, err) == -1)
		return -1;
	while ((got = lines_next(&r.lines, &line, err)) == 1) {
		bool same = slice_same(first_field(line), name);
		if (!same && is_comment(line))
			continue;
		const char *wrong = same ? parse_line(line, fields, &ident) :
		    split_line(line, fields);
		if (same && wrong != NULL)
			return err_set(err, ERR_INVALID, "%s:%u: %s", r.path,
			    r.lines.number, wrong);
		if (same) {
			*out = make_account(&r, pool, fields, ident);
			return 0;
		}
		if (wrong == NULL)
			continue;
		warn_broken(&r, wrong);
		if (meant.kind == 0 && is_meant_for(line, name))
			err_fill(&meant, ERR_INVALID, "%s:%u: %s", r.path,
			    r.lines.number, wrong);
	}
	if (got == -1)
		return err_within(err, "%s", r.path);
	if (meant.kind != 0) {
		*err = meant;
		return -1;
	}
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
		if (is_comment(line))
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

static char *
take_hash(struct slice field)
{
	return mem_dup(field.p, field.len);
}

/* The line's hash field of passwd.D, for accounts that shadow.D lacks. */
static int
read_passwd_hash(const struct domain *domain, struct pool *pool,
    struct slice name, char **hash, struct err *err)
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
				*hash = take_hash(fields[HASH]);
			return 0;
		}
	return got;
}

/* Negative numbers are what old shadow tools wrote for "none". */
bool
passwd_read_expiry(struct slice field, bool *expired)
{
	bool negative = slice_starts(field, "-");
	uint64_t day = 0;

	if (field.len > 0 && slice_number(slice_from(field, negative),
	    UINT64_MAX, &day) == -1)
		return false;
	*expired = field.len > 0 && !negative &&
	    (uint64_t)(time(NULL) / 86400) >= day;
	return true;
}

/* What is wrong with an entry of shadow.D; NULL: nothing. */
static const char *
parse_shadow(struct slice line, struct slice fields[SHADOW_FIELDS],
    bool *expired)
{
	if (slice_has(line, '\0'))
		return "a NUL byte is in the line";
	if (split_fields(line, fields, SHADOW_FIELDS) != SHADOW_FIELDS)
		return "a password's line has nine fields";
	if (!passwd_read_expiry(fields[SHADOW_EXPIRES], expired))
		return "the day of expiry is not a number";
	return NULL;
}

/* 1: found, 0: shadow.D has no (whole) line for the name. */
static int
read_shadow(const struct domain *domain, struct pool *pool, struct slice name,
    char **hash, bool *expired, struct err *err)
{
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct slice line, fields[SHADOW_FIELDS];
	int got;

	if (open_reader(domain, pool, "shadow", &r, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	while ((got = lines_next(&r.lines, &line, err)) == 1) {
		if (!slice_same(first_field(line), name))
			continue;
		const char *wrong = parse_shadow(line, fields, expired);
		if (wrong == NULL) {
			*hash = take_hash(fields[HASH]);
			return 1;
		}
		warn_broken(&r, wrong);
	}
	return got;
}

/* "!" alone, or "!!", is how others write "no password". */
static bool
is_barred(const char *hash)
{
	return hash[0] == '!' && hash[strspn(hash, "!")] != '\0';
}

static int
password(const struct domain *domain, const struct account *account,
    struct password *out, struct err *err)
{
	SCOPED(drop_pool) struct pool paths = { 0 };
	SCOPED(drop_password) struct password found = { 0 };
	struct slice name = slice_of(account->name);
	int got = read_shadow(domain, &paths, name, &found.hash,
	    &found.expired, err);

	if (got == -1 || (got == 0 &&
	    read_passwd_hash(domain, &paths, name, &found.hash, err) == -1))
		return -1;
	const char *hash = found.hash != NULL ? found.hash : "";
	found.locked = found.expired || hash[0] == '\0' || hash[0] == '!' ||
	    hash[0] == '*';
	found.barred = is_barred(hash);
	if (found.locked)
		drop_password(&found);
	*out = found;
	found.hash = NULL;
	return 0;
}

const struct account_store passwd_store = {
	.name = "passwd",
	.find = find,
	.find_full_name = find_full_name,
	.password = password,
	.each = each,
};
