/* passwd.c: accounts in passwd.D, as Linuxconf kept them. */
#include "passwd_file.h"

#include "name.h"
#include "scope.h"

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

static const char *
full_name(struct pool *pool, const struct slice fields[PASSWD_FIELDS])
{
	SCOPED(drop_str) struct str name = { 0 };

	passwd_add_full_name(fields[GECOS], fields[NAME], &name);
	return pool_dup(pool, str_slice(&name));
}

static struct account *
make_account(const struct passwd_reader *r, struct pool *pool,
    struct slice fields[PASSWD_FIELDS], struct ident ident)
{
	struct account *account = pool_alloc(pool, sizeof *account);

	*account = (struct account){
		.domain = r->domain,
		.name = pool_dup(pool, fields[NAME]),
		.full_name = full_name(pool, fields),
		.home = pool_dup(pool, fields[HOME]),
		.ident = ident,
		.file = r->path,
		.line = r->lines.number,
	};
	return account;
}

/* A broken line that has just the name is its line; one that was but meant to
 * be counts where there is no other. */
static int
find(const struct domain *domain, struct pool *pool, struct slice name,
    struct account **out, struct err *err)
{
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	struct index_question question = { INDEX_ACCOUNT, name, true,
	    passwd_scan_names };
	struct slice line, fields[PASSWD_FIELDS];
	struct err meant = { 0 };
	struct ident ident;
	int got;

	if (passwd_open(domain, pool, "passwd", &question, &r, err) == -1)
		return -1;
	while ((got = passwd_next(&r, &line, err)) == 1) {
		bool same = slice_same(passwd_first_field(line), name);
		if (!same && passwd_is_comment(line))
			continue;
		const char *wrong = same ? passwd_parse(line, fields, &ident) :
		    passwd_check(line, fields);
		if (same && wrong != NULL)
			return err_set(err, ERR_INVALID, "%s:%u: %s", r.path,
			    r.lines.number, wrong);
		if (same) {
			*out = make_account(&r, pool, fields, ident);
			return 0;
		}
		if (wrong == NULL)
			continue;
		passwd_warn(&r, wrong);
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
walk(struct passwd_reader *r, account_visitor *visit, void *arg,
    struct err *err)
{
	struct slice line, fields[PASSWD_FIELDS];
	struct ident ident;
	int got;

	while ((got = passwd_next(r, &line, err)) == 1) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		if (passwd_is_comment(line))
			continue;
		const char *wrong = passwd_parse(line, fields, &ident);
		if (wrong != NULL)
			passwd_warn(r, wrong);
		else if (visit(arg, make_account(r, &pool, fields, ident),
		    err) == -1)
			return -1;
	}
	return got == -1 ? err_within(err, "%s", r->path) : 0;
}

static int
each(const struct domain *domain, account_visitor *visit, void *arg,
    struct err *err)
{
	SCOPED(drop_pool) struct pool paths = { 0 };
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };

	if (passwd_open(domain, &paths, "passwd", NULL, &r, err) == -1)
		return -1;
	return walk(&r, visit, arg, err);
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
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	SCOPED(drop_str) struct str key = { 0 };
	struct full_name_search search = { .pool = pool };

	*several = false;
	if (!account_full_name_key(name, &key))
		return err_set(err, ERR_ABSENT, "not a full name");
	search.key = str_slice(&key);
	struct index_question question = { INDEX_FULL_NAME, search.key, true,
	    passwd_scan_names };
	if (passwd_open(domain, pool, "passwd", &question, &r, err) == -1 ||
	    walk(&r, compare_full_name, &search, err) == -1)
		return -1;
	*several = search.count > 1;
	if (search.count != 1)
		return err_set(err, ERR_ABSENT,
		    "%u accounts have this full name", search.count);
	*out = search.found;
	return 0;
}

/* Who can be looked for by its name, by its full name; and apart what others
 * are warned of. */
static int
visit_names(struct slice line, const struct textindex_place *place,
    index_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_str) struct str full = { 0 };
	SCOPED(drop_str) struct str key = { 0 };
	struct slice fields[PASSWD_FIELDS], name = passwd_first_field(line);
	struct ident ident;
	int got;

	if (name_is_account(name) && (got = visit(arg, INDEX_ACCOUNT, name,
	    place, err)) != 0)
		return got;
	if (passwd_is_comment(line))
		return 0;
	if (passwd_parse(line, fields, &ident) != NULL)
		return visit(arg, 0, (struct slice){ 0 }, place, err);
	passwd_add_full_name(fields[GECOS], name, &full);
	return account_full_name_key(str_slice(&full), &key) ?
	    visit(arg, INDEX_FULL_NAME, str_slice(&key), place, err) : 0;
}

int
passwd_scan_names(int fd, unsigned lines_before, index_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_lines) struct lines lines = { .fd = fd,
	    .number = lines_before };
	struct slice line;
	int got;

	while ((got = lines_next(&lines, &line, err)) == 1) {
		struct textindex_place place = { lines.offset, lines.number };
		if ((got = visit_names(line, &place, visit, arg, err)) != 0)
			return got == 1 ? 0 : -1;
	}
	return got;
}

const struct account_store passwd_store = {
	.name = "passwd",
	.find = find,
	.find_full_name = find_full_name,
	.password = shadow_password,
	.each = each,
};
