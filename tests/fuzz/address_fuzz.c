/* address_fuzz.c: addresses, senders, names of accounts and domains. */
#include "fuzz.h"

#include <string.h>

#include "address.h"
#include "name.h"
#include "scope.h"

static void
there_and_back(struct slice text)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address, again;
	struct err err;

	if (address_parse(&pool, text, &address, &err) == -1) {
		promise(err.kind == ERR_INVALID, "what is none is invalid");
		return;
	}
	promise(address.local[0] != '\0' && address.local[0] != '-',
	    "a local part is no option");
	promise(strpbrk(address.local, "\r\n") == NULL &&
	    strpbrk(address.domain, "\r\n") == NULL, "there is no line end");
	const char *shown = address_text(&pool, address.local, address.domain);
	promise(address_parse(&pool, slice_of(shown), &again, &err) == 0,
	    "what is shown is an address");
	promise(strcmp(address.local, again.local) == 0 &&
	    strcmp(address.domain, again.domain) == 0,
	    "what is shown is the same address");
}

static void
one_spelling(struct slice text)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *sender, *again;
	struct err err;

	if (address_sender(&pool, text, &sender, &err) == -1)
		return;
	promise(sender[0] != '-', "a sender is no option");
	for (const char *p = sender; *p != '\0'; p++)
		promise((unsigned char)*p >= ' ' && *p != 0x7F,
		    "a sender has no control bytes");
	promise(address_sender(&pool, slice_of(sender), &again, &err) == 0 &&
	    strcmp(sender, again) == 0, "a sender has one spelling");
}

static void
names(struct slice text)
{
	SCOPED(drop_str) struct str domain = { 0 }, again = { 0 };
	struct err err;

	if (name_is_account(text)) {
		promise(text.len <= 64 && text.p[0] != '.' &&
		    text.p[0] != '-', "a name of an account can be a file's");
		for (size_t i = 0; i < text.len; i++)
			promise((unsigned char)text.p[i] > ' ' &&
			    text.p[i] != 0x7F && !strchr("/:,;|@%\"\\<>()",
			    text.p[i]), "no name leaves its directory");
	}
	if (name_canonical_domain(text, &domain, &err) == -1) {
		promise(domain.len == 0, "a failure adds nothing");
		return;
	}
	promise(name_is_domain(str_slice(&domain)), "a domain is a name");
	promise(!slice_has(str_slice(&domain), '/') && domain.s[0] != '.' &&
	    !slice_is(str_slice(&domain), "files"),
	    "no domain leaves its directory");
	promise(name_canonical_domain(str_slice(&domain), &again, &err) == 0 &&
	    slice_equal(str_slice(&domain), str_slice(&again)),
	    "a domain has one spelling");
}

void
fuzz(struct slice input)
{
	there_and_back(input);
	one_spelling(input);
	names(input);
}
