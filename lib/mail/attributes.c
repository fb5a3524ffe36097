/* attributes.c: what is said of an alias beside its members. */
#include "attributes.h"

#include <assert.h>
#include <string.h>

#include "aliases.h"
#include "name.h"
#include "utf8.h"

static const char *const names[] = {
	[ATTRIBUTE_DESCRIPTION] = "description", [ATTRIBUTE_OWNERS] = "owners",
	[ATTRIBUTE_MEMBERSHIP] = "membership",
};
static_assert(sizeof names / sizeof *names == ATTRIBUTES,
    "an attribute without a name");

const char *
attribute_name(enum attribute what)
{
	return names[what];
}

bool
attribute_named(struct slice word, enum attribute *out)
{
	for (enum attribute a = 0; a < (enum attribute)ATTRIBUTES; a++)
		if (slice_is(word, names[a])) {
			*out = a;
			return true;
		}
	return false;
}

/* --- a line -------------------------------------------------------------- */

static int
refuse(const char **wrong, const char *why)
{
	*wrong = why;
	return -1;
}

/* "a \"b\" c":, as in aliases.D.  False: the quotes are not closed. */
static bool
take_quoted(struct slice *rest, struct pool *pool, const char **out)
{
	char *text = pool_alloc(pool, rest->len + 1);
	size_t n = 0;

	for (size_t i = 1; i < rest->len; i++) {
		if (rest->p[i] == '"') {
			*rest = slice_from(*rest, i + 1);
			*out = text;
			return true;
		}
		if (rest->p[i] == '\\' && i + 1 < rest->len)
			i++;
		text[n++] = rest->p[i];
	}
	return false;
}

static bool
take_alias(struct slice *rest, struct pool *pool, const char **out)
{
	struct slice name = { 0 };

	if (slice_starts(*rest, "\"")) {
		if (!take_quoted(rest, pool, out))
			return false;
		*rest = slice_trim(*rest);
		if (!slice_starts(*rest, ":"))
			return false;
		*rest = slice_from(*rest, 1);
		return true;
	}
	if (!slice_has(*rest, ':'))
		return false;
	slice_cut(rest, ':', &name);
	*out = pool_dup(pool, slice_trim(name));
	return true;
}

int
attribute_parse(struct slice line, struct pool *pool,
    struct attribute_line *out, const char **wrong)
{
	struct slice rest = slice_trim(line), name = { 0 };

	*out = (struct attribute_line){ .alias = "" };
	if (slice_ends(rest, "\r"))
		rest = slice_trim((struct slice){ rest.p, rest.len - 1 });
	if (rest.len == 0 || slice_starts(rest, "#"))
		return 0;
	if (!utf8_is_valid(rest) || utf8_has_control(rest))
		return refuse(wrong, "a control character, or no UTF-8");
	if (!take_alias(&rest, pool, &out->alias) || out->alias[0] == '\0')
		return refuse(wrong, "not \"ALIAS: NAME = VALUE\"");
	if (!slice_has(rest, '='))
		return refuse(wrong, "'=' is missing");
	slice_cut(&rest, '=', &name);
	if (!attribute_named(slice_trim(name), &out->what))
		return refuse(wrong, "no attribute but description, owners "
		    "and membership is known");
	out->value = slice_trim(rest);
	return 1;
}

void
attribute_add(struct str *out, const char *alias, enum attribute what,
    struct slice value)
{
	alias_name_add(out, alias);
	str_addf(out, ": %s = ", names[what]);
	str_addslice(out, value);
}

/* --- all of an alias ------------------------------------------------------ */

static int
set_owners(struct setting_words *owners, struct pool *pool,
    struct slice value, struct err *err)
{
	struct slice rest = value, word;
	struct setting_words got = { 0 };

	got.word = pool_alloc(pool, (value.len + 1) * sizeof *got.word);
	while (slice_word(&rest, &word)) {
		bool twice = false;
		if (!name_is_account(word))
			return err_set(err, ERR_INVALID, "'%.*s' can be no "
			    "account: owners are accounts of the domain, "
			    "without @", (int)(word.len > 80 ? 80 : word.len),
			    word.p);
		for (size_t i = 0; i < got.count; i++)
			twice = twice || slice_same(slice_of(got.word[i]),
			    word);
		if (!twice)
			got.word[got.count++] = pool_dup(pool, word);
	}
	*owners = got;
	return 0;
}

int
attributes_set(struct attributes *attributes, struct pool *pool,
    enum attribute what, struct slice value, struct err *err)
{
	switch (what) {
	case ATTRIBUTE_DESCRIPTION:
		if (!utf8_is_valid(value) || utf8_has_control(value))
			return err_set(err, ERR_INVALID, "a control "
			    "character, or no UTF-8");
		attributes->description = value.len == 0 ? NULL :
		    pool_dup(pool, value);
		return 0;
	case ATTRIBUTE_OWNERS:
		return set_owners(&attributes->owners, pool, value, err);
	case ATTRIBUTE_MEMBERSHIP:
		if (!slice_is(value, "open") && !slice_is(value, "restricted"))
			return err_set(err, ERR_INVALID,
			    "neither open nor restricted");
		attributes->open = slice_is(value, "open");
	}
	return 0;
}

bool
attributes_get(const struct attributes *attributes, enum attribute what,
    struct str *out)
{
	switch (what) {
	case ATTRIBUTE_DESCRIPTION:
		if (attributes->description != NULL)
			str_adds(out, attributes->description);
		return attributes->description != NULL;
	case ATTRIBUTE_OWNERS:
		for (size_t i = 0; i < attributes->owners.count; i++)
			str_addf(out, "%s%s", i > 0 ? " " : "",
			    attributes->owners.word[i]);
		return attributes->owners.count > 0;
	case ATTRIBUTE_MEMBERSHIP:
		str_adds(out, attributes->open ? "open" : "restricted");
		return attributes->open;
	}
	return false;
}

bool
attributes_have_owner(const struct attributes *attributes, const char *account)
{
	for (size_t i = 0; i < attributes->owners.count; i++)
		if (slice_same(slice_of(attributes->owners.word[i]),
		    slice_of(account)))
			return true;
	return false;
}

void
attributes_replace_owner(struct attributes *attributes, const char *account,
    const char *other)
{
	struct setting_words *owners = &attributes->owners;
	size_t kept = 0, all = owners->count;
	bool has_other = other == NULL ||
	    attributes_have_owner(attributes, other);

	for (size_t i = 0; i < all; i++) {
		const char *owner = owners->word[i];
		if (!slice_same(slice_of(owner), slice_of(account)))
			owners->word[kept++] = owner;
		else if (!has_other)
			owners->word[kept++] = other;
	}
	owners->count = kept;
}

/* --- what they allow ----------------------------------------------------- */

int
attributes_allow(const struct attributes *attributes, enum deed deed,
    const char *account, struct err *err)
{
	static const char *const who[] = {
		[DEED_MAKE] = "only administrators make aliases",
		[DEED_JOIN] = "only its owners and administrators let "
		    "somebody into an alias that is restricted",
		[DEED_LEAVE] = "only its owners and administrators take "
		    "somebody out of an alias that is restricted",
		[DEED_CHANGE] = "only its owners and administrators change "
		    "an alias",
		[DEED_OWN] = "only its owners and administrators change who "
		    "owns an alias",
	};
	bool for_members = deed == DEED_JOIN || deed == DEED_LEAVE;

	if (account == NULL || (for_members && attributes->open) ||
	    (deed != DEED_MAKE && attributes_have_owner(attributes, account)))
		return 0;
	return err_set(err, ERR_REFUSED, "%s", who[deed]);
}
