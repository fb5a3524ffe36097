/* passwd_file.c: the lines of passwd.D and shadow.D as the programs read
 * them. */
#include "passwd_file.h"

#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "mem.h"
#include "name.h"
#include "scope.h"

/* --- the form of a line ------------------------------------------------------ */

int
passwd_split(struct slice line, struct slice *fields, int max)
{
	struct slice field;
	int n = 0;

	for (; slice_cut(&line, ':', &field); n++)
		if (n < max)
			fields[n] = field;
	return n;
}

struct slice
passwd_first_field(struct slice line)
{
	struct slice rest = line, field = { 0 };

	slice_cut(&rest, ':', &field);
	return field;
}

const char *
passwd_check(struct slice line, struct slice fields[PASSWD_FIELDS])
{
	if (slice_has(line, '\0'))
		return "a NUL byte is in the line";
	if (passwd_split(line, fields, PASSWD_FIELDS) != PASSWD_FIELDS)
		return "an account's line has seven fields";
	if (!name_is_account(fields[NAME]))
		return "no account can have this name";
	return NULL;
}

const char *
passwd_parse(struct slice line, struct slice fields[PASSWD_FIELDS],
    struct ident *ident)
{
	const char *wrong = passwd_check(line, fields);
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

bool
passwd_is_comment(struct slice line)
{
	return slice_trim(line).len == 0 || slice_starts(line, "#");
}

void
passwd_add_full_name(struct slice gecos, struct slice login, struct str *out)
{
	struct slice rest = gecos, first = { 0 }, part;
	char initial = login.p[0];

	slice_cut(&rest, ',', &first);
	while (slice_cut(&first, '&', &part)) {
		str_addslice(out, part);
		if (first.p == NULL)
			break;
		str_addc(out, initial >= 'a' && initial <= 'z' ?
		    (char)(initial - 'a' + 'A') : initial);
		str_addslice(out, slice_from(login, 1));
	}
}

/* --- reading ----------------------------------------------------------------- */

void
drop_passwd_reader(struct passwd_reader *r)
{
	drop_lines(&r->lines);
	drop_fd(&r->fd);
	drop_textindex_places(&r->places);
}

int
passwd_open(const struct domain *domain, struct pool *pool, const char *kind,
    const struct index_question *question, struct passwd_reader *r,
    struct err *err)
{
	const char *name = pool_format(pool, "%s.%s", kind, domain->name);

	if (installation_file(domain->in, name, &r->fd, err) == -1) {
		/* Without passwd.D a domain is broken: nobody is unknown. */
		if (err->kind == ERR_ABSENT && strcmp(kind, "passwd") == 0)
			err->kind = ERR_TEMPORARY;
		return -1;
	}
	r->domain = domain;
	r->path = pool_format(pool, "%s/%s", domain->in->path, name);
	r->lines.fd = r->fd;
	r->chosen = question != NULL &&
	    index_ask(domain->in, name, r->fd, question, &r->places);
	return 0;
}

/* A place behind the end has no line: the file became shorter meanwhile. */
int
passwd_next(struct passwd_reader *r, struct slice *line, struct err *err)
{
	if (!r->chosen)
		return lines_next(&r->lines, line, err);
	while (r->next < r->places.count) {
		const struct textindex_place *place =
		    &r->places.place[r->next++];
		if (lines_start(&r->lines, place->offset, place->line,
		    err) == -1)
			return -1;
		int got = lines_next(&r->lines, line, err);
		if (got != 0)
			return got;
	}
	return 0;
}

off_t
passwd_offset(const struct passwd_reader *r)
{
	return r->lines.offset +
	    (r->chosen ? r->places.place[r->next - 1].offset : 0);
}

void
passwd_warn(const struct passwd_reader *r, const char *wrong)
{
	installation_warn(r->domain->in, "%s:%u: skipped: %s", r->path,
	    r->lines.number, wrong);
}

int
passwd_read_hash(const struct domain *domain, struct pool *pool,
    struct slice name, char **hash, struct err *err)
{
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	struct index_question question = { INDEX_ACCOUNT, name, false,
	    passwd_scan_names };
	struct slice line, fields[PASSWD_FIELDS];
	struct ident ident;
	int got;

	if (passwd_open(domain, pool, "passwd", &question, &r, err) == -1)
		return -1;
	while ((got = passwd_next(&r, &line, err)) == 1)
		if (slice_same(passwd_first_field(line), name)) {
			if (passwd_parse(line, fields, &ident) == NULL &&
			    !slice_is(fields[HASH], "x"))
				*hash = mem_dup(fields[HASH].p,
				    fields[HASH].len);
			return 0;
		}
	return got;
}
