/* user_rename_lines.c: an account's old and new name in passwd.D, shadow.D,
 * aliases.D, attributes.D and its profile. */
#include <string.h>

#include "address.h"
#include "alias_file.h"
#include "alias_places.h"
#include "attribute_file.h"
#include "homes.h"
#include "line_edit.h"
#include "profile_file.h"
#include "references.h"
#include "scope.h"
#include "user_forget.h"
#include "user_rename.h"

/* --- passwd.D and shadow.D ----------------------------------------------- */

int
rename_look(struct renaming *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct entry entry;
	int got = line_find(r->domain, USER_LINES_PASSWD, slice_of(r->from),
	    &text, &entry, err);

	r->switched = got == 0;
	return got == -1 ? -1 : 0;
}

/* What becomes of U's line; the first of them is the account. */
struct switching {
	const struct renaming	*r;
	bool			 done;
};

static bool
is_account(struct switching *s, struct slice line, struct entry *entry)
{
	if (s->done || !entries_find(line, slice_of(s->r->from),
	    PASSWD_FIELDS, entry))
		return false;
	s->done = true;
	return true;
}

static int
announce(void *arg, struct slice line, struct str *out, struct err *err)
{
	struct switching *s = arg;
	struct entry entry;

	(void)err;
	str_addslice(out, line);
	if (!is_account(s, line, &entry))
		return 0;
	if (!slice_ends(line, "\n"))
		str_addc(out, '\n');
	str_addf(out, "%s:is being renamed:finish it with 'vadmin user "
	    "rename %s %s'\n", s->r->to, s->r->record, s->r->to);
	return 0;
}

/* A line that has NEW's name and can be nobody's: NEW is known, and waits.  It
 * stands behind U's, so that what comes then changes one place. */
int
rename_announce(struct renaming *r, struct err *err)
{
	struct switching s = { r, false };
	const struct line_rule rule = { slice_of(r->from), announce, &s };

	if (r->switched)
		return 0;
	int there = user_lines_mention(r->domain, USER_LINES_PASSWD,
	    slice_of(r->to), err);
	return there != 0 ? there == 1 ? 0 : -1 : line_edit(r->domain,
	    USER_LINES_PASSWD, &rule, 1, (struct slice){ 0 }, err);
}

/* NEW's password is there before NEW, and U's until U is gone. */
int
rename_copy_shadow(struct renaming *r, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };
	struct entry entry;

	int got = r->switched ? 0 : line_find(r->domain, USER_LINES_SHADOW,
	    slice_of(r->from), &text, &entry, err);
	if (got != 1)
		return got;
	entry.field[SHADOW_NAME] = slice_of(r->to);
	return line_put(r->domain, USER_LINES_SHADOW, entry.field, err);
}

int
rename_forget_shadow(struct renaming *r, struct err *err)
{
	return line_remove(r->domain, USER_LINES_SHADOW, slice_of(r->from),
	    err);
}

/* The line itself with another name and, where it was the domain's, home. */
static int
put_line(void *arg, struct slice line, struct str *out, struct err *err)
{
	struct switching *s = arg;
	struct pool *pool = &s->r->call->pool;
	struct entry entry;

	(void)err;
	if (!is_account(s, line, &entry)) {
		str_addslice(out, line);
		return 0;
	}
	const struct slice *name = &entry.field[PASSWD_NAME],
	    *home = &entry.field[PASSWD_HOME];
	bool ours = slice_is(*home, homes_path(s->r->domain, pool,
	    s->r->from));
	str_add(out, line.p, (size_t)(name->p - line.p));
	str_adds(out, s->r->to);
	const char *rest = name->p + name->len, *behind = home->p + home->len;
	str_add(out, rest, (size_t)(home->p - rest));
	str_adds(out, ours ? homes_path(s->r->domain, pool, s->r->to) :
	    pool_dup(pool, *home));
	str_add(out, behind, (size_t)(line.p + line.len - behind));
	return 0;
}

/* All lines in their order: U's becomes NEW's, and NEW's broken one goes. */
int
rename_switch_names(struct renaming *r, struct err *err)
{
	struct switching s = { r, false };
	const struct line_rule rules[] = {
		{ slice_of(r->to), line_goes, NULL },
		{ slice_of(r->from), put_line, &s },
	};

	return r->switched ? 0 : line_edit(r->domain, USER_LINES_PASSWD, rules,
	    2, (struct slice){ 0 }, err);
}

/* --- the alias with the old name ----------------------------------------- */

static bool
leads_only_to(const struct alias_file *file, const char *name)
{
	return file->found && file->wrong == NULL &&
	    file->members.count == 1 &&
	    file->members.member[0].kind == ALIAS_ADDRESS &&
	    slice_same(slice_of(file->members.member[0].text), slice_of(name));
}

int
rename_add_alias(const struct renaming *r, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };
	struct alias_member member = { ALIAS_ADDRESS, r->to, 0 };
	const struct subject subject = { r->domain, r->from };
	const struct alias_members members = { &member, 1 };

	if (strcmp(r->alias, HAS) == 0)
		return 0;
	if (alias_file_read(r->domain, &r->call->pool, r->from, &file,
	    err) == -1)
		return -1;
	if (file.found)
		return 0;
	return alias_forget_earlier(&subject, err) == -1 ? -1 :
	    alias_file_set(&file, &members, err);
}

/* One that was ours and shall not stay; and one of the new name that led to the
 * account, which has that name now. */
int
rename_remove_alias(const struct renaming *r, const char *name, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };

	if (alias_file_read(r->domain, &r->call->pool, name, &file, err) == -1)
		return -1;
	if (!leads_only_to(&file, r->to))
		return 0;
	return alias_file_remove(&file, err) == -1 ? -1 :
	    attribute_file_forget(r->domain, name, NULL, err);
}

/* Such a one may lead to the account alone: it goes then, or means the account,
 * whose name it has. */
int
rename_check_alias(const struct renaming *r, struct err *err)
{
	struct pool *pool = &r->call->pool;
	const struct account_reference account = { &r->call->in, r->from,
	    r->domain->name, false };
	struct reference at = { .domain = r->domain->name, .name = r->to };
	struct alias_entry *entry;

	if (alias_places_find(r->domain, pool, r->to, &entry, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	at.member = entry->members;
	if (entry->wrong == NULL && entry->count == 1 &&
	    reference_is_to(&account, &at, pool))
		return 0;
	return err_set(err, ERR_EXISTS, "%s:%u has an alias '%s': mail for "
	    "'%s' would go where that leads, not to the account: rename or "
	    "delete the alias first", entry->file, entry->line, entry->name,
	    r->from);
}

/* --- what is said of it --------------------------------------------------- */

static bool
has_local(const char *text, const char *name, struct pool *pool,
    struct address *out)
{
	struct err unused;

	return text != NULL && address_parse(pool, slice_of(text), out,
	    &unused) == 0 && slice_same(slice_of(out->local), slice_of(name));
}

/* The From of its answers, where that is the old name; and no alternative
 * address that is the new one, whose alias has gone. */
static int
rename_own_addresses(const struct renaming *r, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct profile profile = { 0 };
	struct profile_change changes[2];
	struct address address;
	struct err unused;
	size_t count = 0;

	/* One that does not count stays, and "vadmin check" tells of it. */
	if (profile_file_read(r->domain, r->to, &pool, &profile,
	    &unused) == -1)
		return 0;
	if (has_local(profile.address, r->from, &pool, &address))
		changes[count++] = (struct profile_change){ "address",
		    pool_format(&pool, "%s@%s", r->to, address.domain) };
	if (has_local(profile.alternative, r->to, &pool, &address))
		changes[count++] = (struct profile_change){
		    "alternative-address", "" };
	return count == 0 ? 0 : profile_file_change(r->domain, r->to, changes,
	    count, false, err);
}

int
rename_owner(const struct renaming *r, struct err *err)
{
	size_t unused;

	if (attribute_file_replace_owner(r->domain, r->from, r->to, &unused,
	    err) == -1)
		return -1;
	return rename_own_addresses(r, err);
}
