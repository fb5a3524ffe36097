/* restore_account.c: one account out of a backup, into a domain that is
 * there. */
#include "alternative.h"
#include "grant_file.h"
#include "leftovers.h"
#include "line_edit.h"
#include "restoring.h"
#include "scope.h"
#include "subject.h"
#include "user_room.h"

enum { TEXT_MAX = 1 << 30 };

/* A grant whose other side is not here would wait for the next of its name. */
static int
put_grants(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line, name = slice_of(one->name);
	struct account *unused;
	struct grant_line g;
	const char *wrong;

	if (archive_read_text(r->reader, TEXT_MAX, &text, err) == -1)
		return -1;
	rest = str_slice(&text);
	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		if (grants_parse(line, &g, &wrong) != 1 ||
		    (!slice_same(g.owner, name) && !slice_same(g.who, name)))
			continue;
		if (account_find(r->domain, &r->pool, g.owner, &unused,
		    err) == -1 || account_find(r->domain, &r->pool, g.who,
		    &unused, err) == -1) {
			if (err->kind != ERR_ABSENT)
				return -1;
			continue;
		}
		if (grant_file_set(r->domain, pool_dup(&r->pool, g.owner),
		    pool_dup(&r->pool, g.who), g.grant, err) == -1)
			return -1;
	}
	return 0;
}

static int
find_grants(struct restoring *r, const struct restored *one, struct err *err)
{
	archive_seek(r->reader, r->from->at);
	while (r->reader->at < r->from->end) {
		if (archive_next(r->reader, err) == -1)
			return -1;
		if (r->reader->place.part == PART_KIND &&
		    slice_is(r->reader->place.name, "grants"))
			return put_grants(r, one, err);
	}
	return 0;
}

/* A line of somebody who had this name is nobody's any more, but it may be all
 * that is left of an account whose line in passwd.D was lost. */
static int
put_shadow(const struct domain *domain, const struct restored *one,
    struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };
	struct entry there, entry;
	struct slice rest = one->shadow;
	int got = line_find(domain, USER_LINES_SHADOW, slice_of(one->name),
	    &text, &there, err);

	if (got == 1)
		return slice_equal(there.line, one->shadow) ? 0 : err_set(err,
		    ERR_EXISTS, "shadow.%s has a line of '%s' already, who is "
		    "no account: take it out (vadmin fsck --repair %s)",
		    domain->name, one->name, domain->name);
	if (got == -1 || rest.len == 0)
		return got;
	entries_next(&rest, &entry);
	return line_put(domain, USER_LINES_SHADOW, entry.field, err);
}

static int
put_passwd(const struct domain *domain, const struct restored *one,
    struct err *err)
{
	struct slice rest = one->passwd;
	struct entry entry;

	entries_next(&rest, &entry);
	return line_put(domain, USER_LINES_PASSWD, entry.field, err);
}

/* Its line is there already where only the end was missing. */
static int
put_account(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	const struct subject subject = { r->domain, one->name };
	const struct account account = { .domain = r->domain,
	    .name = one->name };
	struct entry entry;
	const char *why;

	if (user_room_files(r->domain, err) == -1)
		return -1;
	int got = r->record->begun ? line_find(r->domain, USER_LINES_PASSWD,
	    slice_of(one->name), &text, &entry, err) : 0;
	if (got != 0)
		return got == 1 ? 0 : -1;
	if (user_room_look(&subject, err) == -1)
		return err->kind != ERR_EXISTS ? -1 : err_set(err, ERR_EXISTS,
		    "%s@%s is there already: delete or rename it first",
		    one->name, r->domain->name);
	if (leftovers_elsewhere(&account, &r->pool, &why, err) == -1)
		return -1;
	if (why != NULL)
		return err_set(err, ERR_EXISTS, "%s", why);
	if (restoring_settle(r, err) == -1 ||
	    put_shadow(r->domain, one, err) == -1 ||
	    restoring_things(r, one, err) == -1)
		return -1;
	return put_passwd(r->domain, one, err);
}

int
restore_account(struct restoring *r, struct err *err)
{
	if (restoring_check_begun(r, err) == -1)
		return -1;
	if (domain_open(&r->call->in, &r->pool, slice_of(r->from->name),
	    &r->domain, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
		return err_set(err, ERR_ABSENT, "there is no domain %s here: "
		    "make it first (vadmin domain add), or restore all of it",
		    r->from->name);
	}
	if (restoring_collect(r, err) == -1)
		return -1;
	if (r->first == NULL)
		return err_set(err, ERR_ABSENT, "%s: there is no '%s' of %s in "
		    "it", r->reader->path, r->only, r->from->name);
	/* Its ids are not settled where its line is there already. */
	const struct account account = { .domain = r->domain,
	    .name = r->first->name };
	return put_account(r, r->first, err) == -1 ||
	    find_grants(r, r->first, err) == -1 ? -1 :
	    alternative_return(r->call, &account, err);
}
