/* reference.c: whether a place means an account, and what it says of another
 * name. */
#include "reference.h"

#include <string.h>

#include "address.h"
#include "domain.h"
#include "who_words.h"

/* How much of local is the name: all, or what stands before the extension. */
static size_t
name_length(const struct account_reference *account, const char *local)
{
	struct slice name = slice_of(account->name), all = slice_of(local);
	struct slice base = words_base(account->in->conf.recipient_delimiter,
	    all);

	return slice_same(all, name) || slice_same(base, name) ? name.len : 0;
}

/* Where an alias has the account's name, the name means the alias, but within
 * itself and in the account's own forward. */
static bool
means_alias(const struct account_reference *account,
    const struct reference *at)
{
	return account->is_alias && at->member->kind != ALIAS_MAILBOX &&
	    !(strcmp(at->domain, account->domain) == 0 &&
	    at->kind != REFERENCE_FALLBACK &&
	    slice_same(slice_of(at->name), slice_of(account->name)));
}

bool
reference_is_to(const struct account_reference *account,
    const struct reference *at, struct pool *pool)
{
	struct address address;
	struct err unused;
	const char *real;

	if (address_parse(pool, slice_of(at->member->text), &address,
	    &unused) == -1 || name_length(account, address.local) == 0 ||
	    means_alias(account, at))
		return false;
	return domain_real_name(account->in, pool, slice_of(
	    address.domain[0] != '\0' ? address.domain : at->domain), &real,
	    &unused) == 0 && strcmp(real, account->domain) == 0;
}

const char *
reference_renamed(const struct account_reference *account,
    const struct reference *at, struct pool *pool, const char *new)
{
	struct slice text = slice_of(at->member->text);
	ptrdiff_t sign = slice_find_last(text, '@');
	struct address address = { "", "" };
	struct err unused;

	address_parse(pool, text, &address, &unused);
	const char *local = address_text(pool, pool_format(pool, "%s%s", new,
	    address.local + name_length(account, address.local)), "");
	if (address.domain[0] == '\0')
		return local;
	/* as it is spelt */
	struct slice domain = slice_from(text, (size_t)sign + 1);
	if (slice_ends(domain, ">"))
		domain.len--;
	return pool_format(pool, "%s@%.*s", local, (int)domain.len, domain.p);
}
