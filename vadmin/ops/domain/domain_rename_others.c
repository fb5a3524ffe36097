/* domain_rename_others.c: what names a renamed domain elsewhere. */
#include <string.h>

#include "domain_extra.h"
#include "domain_file.h"
#include "domain_rename.h"
#include "files.h"
#include "link_file.h"
#include "name.h"
#include "references.h"
#include "scope.h"
#include "settings.h"

static bool
is_old_name(const struct domain_rename *r, struct slice text)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct err unused;

	/* Most are something else, and U-labels need a process. */
	return (text.len == strlen(r->from) || !slice_is_ascii(text) ||
	    slice_ends(text, ".")) &&
	    name_canonical_domain(text, &name, &unused) == 0 &&
	    slice_is(str_slice(&name), r->from);
}

/* --- domain aliases ------------------------------------------------------ */

static int
point_alias(void *arg, const char *name, bool is_alias, struct err *err)
{
	const struct domain_rename *r = arg;
	const struct installation *in = &r->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file = pool_format(&pool, "domain.%s", name);

	if (!is_alias || !link_file_is(in, file,
	    pool_format(&pool, "domain.%s", r->from)))
		return 0;
	return link_file_set(in, file, pool_format(&pool, "domain.%s", r->to),
	    err);
}

/* --- addresses of the domain --------------------------------------------- */

static bool
point_member(void *arg, struct pool *pool, const struct reference *at,
    struct alias_member *new)
{
	const struct domain_rename *r = arg;
	struct slice text = slice_of(at->member->text);
	ptrdiff_t sign = slice_find_last(text, '@');
	bool bracket = slice_ends(text, ">");

	if (sign == -1)
		return false;
	struct slice domain = slice_from(text, (size_t)sign + 1);
	domain.len -= bracket;
	if (!is_old_name(r, domain))
		return false;
	new->text = pool_format(pool, "%.*s@%s%s", (int)sign, text.p, r->to,
	    bracket ? ">" : "");
	return true;
}

/* --- extra alias files that others read ---------------------------------- */

static int
point_extra(void *arg, const char *name, bool is_alias, struct err *err)
{
	const struct domain_rename *r = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str list = { 0 };
	struct domain *domain;
	bool changed = false;

	if (is_alias || domain_open(&r->call->in, &pool, slice_of(name),
	    &domain, err) == -1)
		return 0;
	str_adds(&list, "extra-aliases=");
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++) {
		const char *file = domain->conf.extra_aliases.word[i];
		struct slice before = slice_of(file);
		bool ours = domain_extra_is(&r->call->in, file, r->from,
		    &before);
		str_addf(&list, "%.*s%s ", (int)before.len, before.p, ours ?
		    r->to : "");
		changed = changed || ours;
	}
	if (!changed)
		return 0;
	const char *assignment = str_text(&list);
	return domain_file_change(&r->call->in, name,
	    &(struct setting_words){ &assignment, 1 }, err);
}

/* --- addresses, vmail.conf ----------------------------------------------- */

/* "IP-address domain" */
static void
point_address(const struct domain_rename *r, struct slice line,
    struct str *out)
{
	struct slice rest = line, ip, domain;

	if (!slice_starts(slice_trim(line), "#") && slice_word(&rest, &ip) &&
	    slice_word(&rest, &domain) && is_old_name(r, domain)) {
		str_add(out, line.p, (size_t)(domain.p - line.p));
		str_adds(out, r->to);
		line = slice_from(line, (size_t)(domain.p - line.p) +
		    domain.len);
	}
	str_addslice(out, line);
}

static int
point_addresses(const struct domain_rename *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 }, new = { 0 };
	struct slice rest, line;

	if (files_read(&r->call->in, "addresses", &text, NULL, err) == -1)
		return -1;
	for (rest = str_slice(&text); rest.len > 0; ) {
		bool ends = slice_has(rest, '\n');
		slice_cut(&rest, '\n', &line);
		point_address(r, line, &new);
		if (ends)
			str_addc(&new, '\n');
	}
	return slice_equal(str_slice(&text), str_slice(&new)) ? 0 :
	    files_write(&r->call->in, "addresses", MODE_PUBLIC,
	    str_slice(&new), err);
}

/* The main domain stays the main domain, also where only the host's name said
 * so. */
static int
point_main_domain(const struct domain_rename *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 }, new = { 0 };

	if (strcmp(r->call->in.main_domain, r->from) != 0)
		return 0;
	if (files_read(&r->call->in, "vmail.conf", &text, NULL, err) == -1)
		return -1;
	settings_edit(str_slice(&text), "main-domain", slice_of(r->to), &new);
	if (files_write(&r->call->in, "vmail.conf", MODE_PUBLIC,
	    str_slice(&new), err) == -1)
		return -1;
	note("%s/vmail.conf: main-domain is %s now", r->call->in.path, r->to);
	return 0;
}

int
domain_rename_others(const struct domain_rename *r, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct domain_rename own = *r;

	if (domain_each(&r->call->in, &names, point_alias, &own, err) == -1 ||
	    domain_each(&r->call->in, &names, point_extra, &own, err) == -1 ||
	    references_each(r->call, NULL, point_member, &own, err) == -1 ||
	    point_addresses(r, err) == -1)
		return -1;
	return point_main_domain(r, err);
}
