/* domain_rename_settings.c: what domain.D says of where things lie, when it
 * becomes domain.NEW. */
#include <string.h>

#include "domain_extra.h"
#include "domain_rename.h"
#include "domain_set.h"
#include "scope.h"
#include "settings.h"

/* A file of the domain's that an extra alias is in moves with it. */
static void
rename_extra(const struct domain_rename *r, const char *file, struct str *out)
{
	struct slice before;

	if (domain_extra_is(&r->call->in, file, r->from, &before))
		str_addf(out, " %.*s%s", (int)before.len, before.p, r->to);
	else
		str_addf(out, " %s", file);
}

static void
change(struct str *text, const char *setting, struct slice value)
{
	SCOPED(drop_str) struct str changed = { 0 };

	settings_edit(str_slice(text), setting, value, &changed);
	str_cut(text, 0);
	str_addslice(text, str_slice(&changed));
}

static void
rename_extras(const struct domain_rename *r, struct str *text)
{
	SCOPED(drop_str) struct str list = { 0 };
	const struct setting_words *extra = &r->domain->conf.extra_aliases;

	for (size_t i = 0; i < extra->count; i++)
		rename_extra(r, extra->word[i], &list);
	if (list.len > 0)
		change(text, "extra-aliases", slice_trim(str_slice(&list)));
}

/* Inboxes whose path says where one of the domain's directories lies, the name
 * written as it is, move with that. */
static int
rename_inbox(const struct domain_rename *r, struct str *text, struct err *err)
{
	struct pool *pool = &r->call->pool;
	struct slice inbox = slice_of(r->domain->conf.inbox);
	const char *below = pool_format(pool, "%s/", installation_path(
	    r->domain->in, pool, r->domain->in->conf.spool));
	struct mailbox_step places[DOMAIN_PLACES];
	int count = domain_set_places(r->domain, pool, r->from, places, err);

	if (!slice_starts(inbox, "/"))
		inbox = slice_of(pool_format(pool, "%s%.*s", below,
		    (int)inbox.len, inbox.p));
	for (int i = 0; i < count; i++) {
		const char *old = pool_format(pool, "%s/%s/",
		    places[i].parent, places[i].name);
		if (!slice_starts(inbox, old))
			continue;
		struct slice rest = slice_from(inbox, strlen(old));
		const char *new = pool_format(pool, "%s/%s/%.*s",
		    places[i].parent, r->to, (int)rest.len, rest.p);
		if (r->domain->conf.inbox[0] != '/')
			new += strlen(below);
		change(text, "inbox", slice_of(new));
		return 0;
	}
	return count == -1 ? -1 : 0;
}

int
domain_rename_settings(const struct domain_rename *r, struct str *text,
    struct err *err)
{
	rename_extras(r, text);
	return rename_inbox(r, text, err);
}
