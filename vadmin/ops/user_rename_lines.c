/* user_rename_lines.c: an account's old and new name in passwd.D, shadow.D,
 * aliases.D, attributes.D and its profile. */
#include <string.h>

#include "address.h"
#include "alias_file.h"
#include "attribute_file.h"
#include "entries.h"
#include "homes.h"
#include "profile_file.h"
#include "scope.h"
#include "user_rename.h"

/* --- passwd.D and shadow.D ----------------------------------------------- */

static bool
has_line(const struct renaming *r, const char *name, struct entry *entry)
{
	return entries_find(str_slice(&r->files.passwd), slice_of(name),
	    PASSWD_FIELDS, entry);
}

bool
rename_is_switched(const struct renaming *r)
{
	struct entry entry;

	return !has_line(r, r->from, &entry);
}

/* A line that has NEW's name and can be nobody's: NEW is known, and waits. */
int
rename_announce(struct renaming *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice passwd = str_slice(&r->files.passwd);

	if (rename_is_switched(r) || entries_mention(passwd, slice_of(r->to)))
		return 0;
	str_addslice(&text, passwd);
	if (text.len > 0 && text.s[text.len - 1] != '\n')
		str_addc(&text, '\n');
	str_addf(&text, "%s:is being renamed:finish it with 'vadmin user "
	    "rename %s %s'\n", r->to, r->record, r->to);
	return user_files_write_passwd(&r->files, &text, err);
}

/* NEW's password is there before NEW, and U's until U is gone. */
int
rename_copy_shadow(struct renaming *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct entry entry;

	if (rename_is_switched(r) || !entries_find(str_slice(&r->files.shadow),
	    slice_of(r->from), SHADOW_FIELDS, &entry))
		return 0;
	entry.field[SHADOW_NAME] = slice_of(r->to);
	if (entries_add(str_slice(&r->files.shadow), entry.field,
	    SHADOW_FIELDS, &text, err) == -1)
		return err_within(err, "%s", r->files.shadow_name);
	return user_files_write_shadow(&r->files, &text, err);
}

int
rename_forget_shadow(struct renaming *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (!entries_mention(str_slice(&r->files.shadow), slice_of(r->from)))
		return 0;
	entries_remove(str_slice(&r->files.shadow), slice_of(r->from), &text);
	return user_files_write_shadow(&r->files, &text, err);
}

/* The line itself with another name and, where it was the domain's, home. */
static void
put_line(const struct renaming *r, const struct entry *entry, struct str *out)
{
	struct pool *pool = &r->call->pool;
	const char *home = pool_dup(pool, entry->field[PASSWD_HOME]);
	bool ours = strcmp(home, homes_path(r->domain, pool, r->from)) == 0;
	struct slice rest = slice_from(entry->line,
	    entry->field[PASSWD_NAME].len);
	struct slice tail = slice_from(entry->line,
	    (size_t)(entry->field[PASSWD_HOME].p - entry->line.p) +
	    entry->field[PASSWD_HOME].len);

	str_adds(out, r->to);
	rest.len -= tail.len + entry->field[PASSWD_HOME].len;
	str_addslice(out, rest);
	str_adds(out, ours ? homes_path(r->domain, pool, r->to) : home);
	str_addslice(out, tail);
}

/* All lines in their order: U's becomes NEW's, and NEW's broken one goes. */
int
rename_switch_names(struct renaming *r, struct err *err)
{
	SCOPED(drop_str) struct str kept = { 0 }, text = { 0 };
	struct entry entry;

	if (rename_is_switched(r))
		return 0;
	entries_remove(str_slice(&r->files.passwd), slice_of(r->to), &kept);
	entries_find(str_slice(&kept), slice_of(r->from), PASSWD_FIELDS,
	    &entry);
	size_t at = (size_t)(entry.line.p - kept.s);
	str_add(&text, kept.s, at);
	put_line(r, &entry, &text);
	str_addslice(&text, slice_from(str_slice(&kept),
	    at + entry.line.len));
	return user_files_write_passwd(&r->files, &text, err);
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
	const struct alias_members members = { &member, 1 };

	if (strcmp(r->alias, HAS) == 0)
		return 0;
	if (alias_file_read(r->domain, &r->call->pool, r->from, &file,
	    err) == -1)
		return -1;
	return file.found ? 0 : alias_file_set(&file, &members, err);
}

/* One that was ours and shall not stay; and one of the new name that led to the
 * account, which has that name now. */
int
rename_remove_alias(const struct renaming *r, const char *name, struct err *err)
{
	SCOPED(drop_alias_file) struct alias_file file = { 0 };

	if (alias_file_read(r->domain, &r->call->pool, name, &file, err) == -1)
		return -1;
	return leads_only_to(&file, r->to) ? alias_file_remove(&file, err) : 0;
}

/* --- what is said of it --------------------------------------------------- */

/* The From of its answers, where that is the old name. */
static int
rename_own_address(const struct renaming *r, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct profile profile = { 0 };
	struct address address;
	struct err unused;

	/* One that does not count stays, and "vadmin check" tells of it. */
	if (profile_file_read(r->domain, r->to, &pool, &profile,
	    &unused) == -1 || profile.address == NULL || address_parse(&pool,
	    slice_of(profile.address), &address, &unused) == -1 ||
	    !slice_same(slice_of(address.local), slice_of(r->from)))
		return 0;
	const struct profile_change change = { "address", pool_format(&pool,
	    "%s@%s", r->to, address.domain) };
	return profile_file_change(r->domain, r->to, &change, 1, false, err);
}

int
rename_owner(const struct renaming *r, struct err *err)
{
	size_t unused;

	if (attribute_file_replace_owner(r->domain, r->from, r->to, &unused,
	    err) == -1)
		return -1;
	return rename_own_address(r, err);
}
