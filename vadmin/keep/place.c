/* place.c: what a member of a backup is, by its path. */
#include "place.h"

#include <limits.h>

#include "name.h"

const char *const place_kinds[] = { "domain", "aliases", "admins", "grants",
    "attributes", NULL };
const char *const place_installation[] = { "vmail.conf", "addresses",
    "admins", "quota-warning", NULL };
const char *const place_files[] = { "forward", "filter", "vacation",
    "vacation.db", "auto", "profile", NULL };
const char *const place_lines[] = { "passwd", "shadow", "quota", NULL };

static bool
is_one_of(struct slice name, const char *const *table)
{
	for (; *table != NULL; table++)
		if (slice_is(name, *table))
			return true;
	return false;
}

bool
place_is_below(struct slice path)
{
	struct slice rest = path, step;

	if (path.len == 0 || slice_ends(path, "/"))
		return false;
	while (slice_cut(&rest, '/', &step))
		if (step.len == 0 || step.len > NAME_MAX ||
		    slice_is(step, ".") || slice_is(step, ".."))
			return false;
	return true;
}

/* Files of DIR that are no aliases: whom a domain's backup is of may name any as
 * extra-aliases, and would be an administrator of all domains, or have another
 * one's accounts. */
static bool
is_of_installation(struct slice name)
{
	static const char *const kinds[] = { "domain", "passwd", "shadow",
	    "admins", "grants", "attributes", NULL };
	struct slice rest = name, kind = { 0 };

	if (is_one_of(name, place_installation) || slice_is(name, "uids"))
		return true;
	return slice_has(name, '.') && slice_cut(&rest, '.', &kind) &&
	    is_one_of(kind, kinds);
}

/* A plain name that nothing else in DIR has. */
static bool
is_extra(struct slice name)
{
	return place_is_below(name) && !slice_has(name, '/') &&
	    name.p[0] != '.' && !is_of_installation(name);
}

static bool
is_thing(struct slice name, enum tar_kind kind)
{
	struct slice rest = name, first = { 0 };

	if (!place_is_below(name))
		return false;
	slice_cut(&rest, '/', &first);
	if (slice_is(name, "uids"))
		return kind == TAR_FILE;
	if (slice_is(name, "inbox"))
		return kind != TAR_LINK;
	if (slice_is(name, "home"))
		return kind == TAR_DIRECTORY;
	return slice_is(first, "inbox") || slice_is(first, "home");
}

static bool
parse_account(struct slice rest, enum tar_kind kind, struct place *out)
{
	struct slice whole, first = { 0 };

	if (!slice_cut(&rest, '/', &out->account) ||
	    !name_is_account(out->account) || rest.len == 0)
		return false;
	whole = rest;
	slice_cut(&rest, '/', &first);
	out->part = slice_is(first, "files") ? PART_FILES :
	    slice_is(first, "own") ? PART_OWN :
	    is_one_of(whole, place_lines) ? PART_LINES : PART_THINGS;
	out->name = out->part == PART_FILES || out->part == PART_OWN ? rest :
	    whole;
	if (out->part == PART_THINGS)
		return is_thing(whole, kind);
	return kind == TAR_FILE && (out->part == PART_LINES ||
	    is_one_of(out->name, place_files));
}

static bool
parse_domain(struct slice rest, enum tar_kind kind, struct place *out)
{
	struct slice first = { 0 };

	if (!slice_cut(&rest, '/', &out->domain) ||
	    !name_is_domain(out->domain) || rest.len == 0)
		return false;
	out->name = rest;
	slice_cut(&rest, '/', &first);
	if (slice_is(first, "accounts"))
		return parse_account(rest, kind, out);
	if (kind != TAR_FILE)
		return false;
	if (slice_is(first, "extra") || slice_is(first, "auto")) {
		out->part = slice_is(first, "auto") ? PART_AUTO : PART_EXTRA;
		out->name = rest;
		return out->part == PART_AUTO ? name_is_account(rest) :
		    is_extra(rest);
	}
	out->part = slice_is(out->name, "domain-aliases") ?
	    PART_DOMAIN_ALIASES : PART_KIND;
	return out->part == PART_DOMAIN_ALIASES ||
	    is_one_of(out->name, place_kinds);
}

bool
place_parse(const char *path, enum tar_kind kind, struct place *out)
{
	struct slice rest = slice_of(path), first = { 0 };

	*out = (struct place){ .name = rest };
	if (rest.len > TAR_PATH_MAX)
		return false;
	slice_cut(&rest, '/', &first);
	if (slice_is(first, "domains"))
		return parse_domain(rest, kind, out);
	if (kind != TAR_FILE)
		return false;
	if (slice_is(first, "installation")) {
		out->part = PART_INSTALLATION;
		out->name = rest;
		return is_one_of(rest, place_installation);
	}
	out->part = slice_is(out->name, PLACE_FACTS) ? PART_FACTS :
	    PART_MANIFEST;
	return out->part == PART_FACTS ||
	    slice_is(out->name, PLACE_MANIFEST);
}
