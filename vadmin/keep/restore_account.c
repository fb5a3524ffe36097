/* restore_account.c: one account out of a backup, into a domain that is
 * there. */
#include "entries.h"
#include "grant_file.h"
#include "restoring.h"
#include "scope.h"
#include "subject.h"
#include "user_files.h"
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
		    (!slice_same(g.owner, name) && !slice_same(g.who, name)) ||
		    account_find(r->domain, &r->pool, g.owner, &unused,
		    err) == -1 || account_find(r->domain, &r->pool, g.who,
		    &unused, err) == -1)
			continue;
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
put_shadow(const struct restored *one, struct user_files *files,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct entry there, entry;
	struct slice rest = one->shadow, name = slice_of(one->name);

	if (entries_find(str_slice(&files->shadow), name, SHADOW_FIELDS,
	    &there)) {
		if (slice_equal(there.line, one->shadow))
			return 0;
		return err_set(err, ERR_EXISTS, "%s has a line of '%s' "
		    "already, who is no account: take it out (vadmin fsck "
		    "--repair %s)", files->shadow_name, one->name,
		    files->domain->name);
	}
	if (rest.len == 0)
		return 0;
	entries_next(&rest, &entry);
	if (entries_add(str_slice(&files->shadow), entry.field, SHADOW_FIELDS,
	    &text, err) == -1)
		return -1;
	return user_files_write_shadow(files, &text, err);
}

static int
put_passwd(const struct restored *one, struct user_files *files,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest = one->passwd;
	struct entry entry;

	entries_next(&rest, &entry);
	if (entries_add(str_slice(&files->passwd), entry.field, PASSWD_FIELDS,
	    &text, err) == -1)
		return -1;
	return user_files_write_passwd(files, &text, err);
}

/* Its line is there already where only the end was missing. */
static int
put_account(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_user_files) struct user_files files = { 0 };
	const struct subject subject = { r->domain, one->name };
	struct entry entry;

	if (user_files_read(r->domain, &r->pool, &files, err) == -1)
		return -1;
	if (r->record->begun && entries_find(str_slice(&files.passwd),
	    slice_of(one->name), PASSWD_FIELDS, &entry))
		return 0;
	if (user_room_check(&subject, &files, err) == -1)
		return err->kind != ERR_EXISTS ? -1 : err_set(err, ERR_EXISTS,
		    "%s@%s is there already: delete or rename it first",
		    one->name, r->domain->name);
	if (restoring_settle(r, err) == -1 ||
	    put_shadow(one, &files, err) == -1 ||
	    restoring_things(r, one, err) == -1)
		return -1;
	return put_passwd(one, &files, err);
}

int
restore_account(struct restoring *r, struct err *err)
{
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
	return put_account(r, r->first, err) == -1 ? -1 :
	    find_grants(r, r->first, err);
}
