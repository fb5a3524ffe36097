/* authority_alias.c: what of aliases global administrators keep for
 * themselves. */
#include "authority_alias.h"

#include "alias_search.h"
#include "files.h"
#include "scope.h"

static int
refuse_member(const char *about, const char *what, struct err *err)
{
	return err_set(err, ERR_REFUSED, "'%.100s': only global "
	    "administrators may have %s in an alias", about, what);
}

int
authority_member(struct call *call, const char *word, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice text = slice_trim(slice_of(word));
	struct alias_member member;
	struct err unused;

	(void)call;
	/* What no alias can hold is the operation's to refuse; but it reads a
	 * command that the file's grammar would not. */
	if (alias_parse_member(&pool, text, &member, &unused) == -1)
		return slice_starts(text, "|") ? refuse_member(word,
		    alias_needs_trust(ALIAS_COMMAND), err) : 0;
	const char *what = alias_needs_trust(member.kind);
	return what != NULL ? refuse_member(word, what, err) : 0;
}

struct guarded {
	struct slice	 name;
};

/* Every entry of the name: an earlier one counts for nothing, but would go
 * with the one that does. */
static int
look_at_entry(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	const struct guarded *guarded = arg;

	(void)extent;
	if (!slice_same(slice_of(entry->name), guarded->name))
		return 0;
	if (entry->wrong != NULL)
		return err_set(err, ERR_REFUSED, "%s: only global "
		    "administrators may change a broken entry", entry->wrong);
	for (size_t i = 0; i < entry->count; i++) {
		const char *what = alias_needs_trust(entry->members[i].kind);
		if (what != NULL)
			return err_set(err, ERR_REFUSED, "%s:%u: '%s' has %s "
			    "as a member: only global administrators may "
			    "change it", entry->file, entry->members[i].line,
			    entry->name, what);
	}
	return 0;
}

int
authority_alias(struct call *call, const struct subject *subject,
    struct err *err)
{
	const struct setting_words *extra =
	    &subject->domain->conf.extra_aliases;
	const char *own = pool_format(&call->pool, "aliases.%s",
	    subject->domain->name);
	struct guarded guarded = { .name = slice_of(subject->name) };

	if (files_exists(call->in.dir, own) && alias_search_each(&call->in,
	    own, INDEX_ALIAS, subject->name, look_at_entry, &guarded,
	    err) == -1)
		return -1;
	for (size_t i = 0; i < extra->count; i++)
		if (alias_search_each(&call->in, extra->word[i], INDEX_ALIAS,
		    subject->name, look_at_entry, &guarded, err) == -1)
			return -1;
	return 0;
}
