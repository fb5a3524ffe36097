/* line_edit.c: an account's lines in passwd.D or shadow.D found and changed. */
#include "line_edit.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "fd.h"
#include "files.h"
#include "passwd_file.h"
#include "scope.h"

/* --- lines as they stand there --------------------------------------------- */

/* The whole line, with a byte order mark and its end, as no reader shows it. */
static int
read_raw(int fd, off_t at, struct str *out, struct err *err)
{
	enum { CHUNK = 4096 };

	for (;;) {
		str_room(out, CHUNK);
		ssize_t n = fd_pread(fd, out->s + out->len, CHUNK,
		    at + (off_t)out->len);
		if (n == -1)
			return err_sys(err, "read");
		const char *end = n > 0 ?
		    memchr(out->s + out->len, '\n', (size_t)n) : NULL;
		out->len = end != NULL ? (size_t)(end + 1 - out->s) :
		    out->len + (size_t)n;
		out->s[out->len] = '\0';
		if (end != NULL || n < CHUNK)
			return 0;
	}
}

/* 1: *raw is the next line of the name, which begins at *at. */
static int
next_of(struct passwd_reader *r, struct slice name, struct str *raw,
    off_t *at, struct err *err)
{
	struct slice line;
	int got;

	while ((got = passwd_next(r, &line, err)) == 1) {
		if (!slice_same(passwd_first_field(line), name))
			continue;
		*at = passwd_offset(r);
		str_cut(raw, 0);
		return read_raw(r->fd, *at, raw, err) == -1 ? -1 : 1;
	}
	return got;
}

/* ERR_ABSENT: there is no such file. */
static int
open_for(const struct domain *domain, enum user_lines_kind kind,
    struct slice name, struct pool *pool, struct passwd_reader *r,
    struct err *err)
{
	struct index_question question = { INDEX_ACCOUNT, name, false, NULL };

	return passwd_open(domain, pool, line_files[kind].name, &question, r,
	    err);
}

int
line_find(const struct domain *domain, enum user_lines_kind kind,
    struct slice name, struct str *text, struct entry *out, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	off_t at;
	int got;

	if (open_for(domain, kind, name, &pool, &r, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	while ((got = next_of(&r, name, text, &at, err)) == 1)
		if (entries_find(str_slice(text), name, line_files[kind].fields,
		    out))
			return 1;
	return got == -1 ? err_within(err, "%s", r.path) : 0;
}

/* --- changed --------------------------------------------------------------- */

/* All changes of one file; their texts live in the pool. */
struct edit {
	const struct domain	*domain;
	enum user_lines_kind	 kind;
	const char		*file;
	struct pool		 pool;
	struct splices		 splices;
	int			 fd;		/* -1: there is none yet */
	struct stat		 was;
};

static void
drop_edit(struct edit *e)
{
	drop_splices(&e->splices);
	drop_pool(&e->pool);
	drop_fd(&e->fd);
}

static struct slice
keep(struct pool *pool, struct slice text)
{
	return (struct slice){ pool_dup(pool, text), text.len };
}

/* Behind one that is further on in the file. */
static void
add_in_order(struct splices *all, off_t at, off_t removed, struct slice text)
{
	splices_add(all, at, removed, text);
	for (size_t i = all->count - 1; i > 0 &&
	    all->splice[i - 1].at > at; i--) {
		struct splice one = all->splice[i];
		all->splice[i] = all->splice[i - 1];
		all->splice[i - 1] = one;
	}
}

static int
gather(struct edit *e, struct passwd_reader *r, const struct line_rule *rule,
    struct err *err)
{
	SCOPED(drop_secret) struct str raw = { 0 };
	off_t at;
	int got;

	while ((got = next_of(r, rule->name, &raw, &at, err)) == 1) {
		SCOPED(drop_secret) struct str out = { 0 };
		if (rule->change(rule->arg, str_slice(&raw), &out, err) == -1)
			return -1;
		if (!slice_equal(str_slice(&raw), str_slice(&out)))
			add_in_order(&e->splices, at, (off_t)raw.len,
			    keep(&e->pool, str_slice(&out)));
	}
	return got;
}

/* The file is what it was for the first rule when the change is made. */
static int
follow(struct edit *e, const struct line_rule *rule, struct err *err)
{
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	struct stat st;

	if (open_for(e->domain, e->kind, rule->name, &e->pool, &r, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (fstat(r.fd, &st) == -1)
		return err_sys(err, "%s", r.path);
	if (gather(e, &r, rule, err) == -1)
		return err_within(err, "%s", r.path);
	if (e->fd != -1)
		return st.st_ino == e->was.st_ino ? 0 : err_set(err,
		    ERR_TEMPORARY, "%s changed meanwhile: try again", r.path);
	e->was = st;
	e->fd = r.fd;
	r.fd = -1;
	return 0;
}

int
line_edit(const struct domain *domain, enum user_lines_kind kind,
    const struct line_rule *rules, size_t count, struct slice behind,
    struct err *err)
{
	SCOPED(drop_edit) struct edit e = { domain, kind, .fd = -1 };

	e.file = pool_format(&e.pool, "%s.%s", line_files[kind].name,
	    domain->name);
	for (size_t i = 0; i < count; i++)
		if (follow(&e, &rules[i], err) == -1)
			return -1;
	if (e.fd == -1)
		return behind.len == 0 ? 0 : files_append(domain->in, e.file,
		    line_files[kind].mode, behind, err);
	if (behind.len > 0)
		splices_add(&e.splices, e.was.st_size, 0, behind);
	return files_splice(domain->in, e.file, line_files[kind].mode, e.fd,
	    &e.was, &e.splices, err);
}

int
line_goes(void *arg, struct slice line, struct str *out, struct err *err)
{
	(void)arg;
	(void)line;
	(void)out;
	(void)err;
	return 0;
}

struct field_value {
	enum user_lines_kind	 kind;
	struct slice		 name;
	size_t			 field;
	struct slice		 value;
};

static int
set_field(void *arg, struct slice line, struct str *out, struct err *err)
{
	const struct field_value *s = arg;
	struct entry unused;

	if (!entries_find(line, s->name, line_files[s->kind].fields, &unused)) {
		str_addslice(out, line);	/* a broken one */
		return 0;
	}
	return entries_set(line, s->name, line_files[s->kind].fields, s->field,
	    s->value, out, err);
}

int
line_set(const struct domain *domain, enum user_lines_kind kind,
    struct slice name, size_t field, struct slice value, struct err *err)
{
	struct field_value set = { kind, name, field, value };
	const struct line_rule rule = { name, set_field, &set };

	return line_edit(domain, kind, &rule, 1, (struct slice){ 0 }, err);
}

int
line_remove(const struct domain *domain, enum user_lines_kind kind,
    struct slice name, struct err *err)
{
	const struct line_rule rule = { name, line_goes, NULL };

	return line_edit(domain, kind, &rule, 1, (struct slice){ 0 }, err);
}

int
line_put(const struct domain *domain, enum user_lines_kind kind,
    const struct slice *fields, struct err *err)
{
	SCOPED(drop_secret) struct str line = { 0 };
	const struct line_rule rule = { fields[0], line_goes, NULL };

	if (entries_add((struct slice){ 0 }, fields, line_files[kind].fields,
	    &line, err) == -1)
		return err_within(err, "%s.%s", line_files[kind].name,
		    domain->name);
	return line_edit(domain, kind, &rule, 1, str_slice(&line), err);
}

/* --- a hash ---------------------------------------------------------------- */

struct hash_change {
	struct field_value	hash, day;
	bool		dated;		/* the day changes, too */
	bool		found;
};

static int
set_hash(void *arg, struct slice line, struct str *out, struct err *err)
{
	struct hash_change *change = arg;
	SCOPED(drop_secret) struct str once = { 0 };
	struct entry unused;

	change->found = change->found || entries_find(line, change->hash.name,
	    SHADOW_FIELDS, &unused);
	if (!change->dated)
		return set_field(&change->hash, line, out, err);
	return set_field(&change->hash, line, &once, err) == -1 ? -1 :
	    set_field(&change->day, str_slice(&once), out, err);
}

/* An entry that is there keeps its other fields, ageing and expiry. */
static int
change_shadow(const struct domain *domain, struct slice name,
    const char *hash, enum hash_kind kind, struct err *err)
{
	SCOPED(drop_str) struct str day = { 0 };
	const enum user_lines_kind shadow = USER_LINES_SHADOW;

	str_addf(&day, "%lld", (long long)(time(NULL) / 86400));
	struct slice fields[SHADOW_FIELDS] = { name, slice_of(hash),
	    str_slice(&day) };
	if (kind == HASH_NEW_ACCOUNT)
		return line_put(domain, shadow, fields, err);
	struct hash_change change = {
		.hash = { shadow, name, SHADOW_HASH, slice_of(hash) },
		.day = { shadow, name, SHADOW_CHANGED, str_slice(&day) },
		.dated = kind == HASH_NEW,
	};
	const struct line_rule rule = { name, set_hash, &change };
	if (line_edit(domain, shadow, &rule, 1, (struct slice){ 0 },
	    err) == -1)
		return -1;
	return change.found ? 0 : line_put(domain, shadow, fields, err);
}

/* shadow.D first: as soon as it has an entry, passwd.D's field says nothing. */
int
line_set_hash(const struct domain *domain, const char *account,
    const char *hash, enum hash_kind kind, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };
	struct slice name = slice_of(account);
	struct entry entry;

	if (change_shadow(domain, name, hash, kind, err) == -1)
		return -1;
	int got = line_find(domain, USER_LINES_PASSWD, name, &text, &entry,
	    err);
	if (got != 1 || slice_is(entry.field[PASSWD_HASH], "x"))
		return got == -1 ? -1 : 0;
	return line_set(domain, USER_LINES_PASSWD, name, PASSWD_HASH,
	    SLICE("x"), err);
}
