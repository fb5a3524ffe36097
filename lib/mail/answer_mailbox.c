/* answer_mailbox.c: how an automatic answer writes a mailbox. */
#include "answer_mailbox.h"

#include <string.h>

#include "address.h"
#include "rfc2047.h"
#include "rfc2047_encode.h"
#include "scope.h"

enum { ADDRESS_MAX = 320 };		/* RFC 3696: 64 + 1 + 255 */

void
answer_add_mailbox(struct slice name, const char *address, struct str *out)
{
	enum { NAME = 200, SHORT = 60 };
	SCOPED(drop_str) struct str text = { 0 }, phrase = { 0 };

	rfc2047_decode(name, NAME, &text);
	rfc2047_encode_phrase(str_slice(&text), 10, &phrase);
	struct slice before = str_slice(&phrase);
	if (before.len == 0) {
		str_adds(out, address);
		return;
	}
	str_addslice(out, before);
	str_addf(out, before.len > SHORT || slice_starts(before, "=?") ?
	    "\n <%s>" : " <%s>", address);
}

/* "\"a \\\" b\"" is a " b. */
static void
add_unquoted(struct slice name, struct str *out)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"')
			continue;
		if (name.p[i] == '\\' && i + 1 < name.len)
			i++;
		str_addc(out, name.p[i]);
	}
}

/* Whether others read it as we do: one address, and which. */
static bool
is_one_mailbox(struct slice text, const char *address)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	return address_list_next(&text, &listed) &&
	    slice_is(str_slice(&listed.address), address) &&
	    !address_list_next(&text, &listed);
}

bool
answer_add_listed(const struct listed *listed, struct str *out,
    struct str *bare)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str name = { 0 };
	struct address address;
	size_t before = out->len;
	struct err err;

	if (address_parse(&pool, str_slice(&listed->address), &address,
	    &err) == -1 || address.domain[0] == '\0')
		return false;
	const char *text = address_text(&pool, address.local, address.domain);
	if (!slice_is_printable(slice_of(text)) || strlen(text) > ADDRESS_MAX)
		return false;
	add_unquoted(str_slice(&listed->name), &name);
	answer_add_mailbox(str_slice(&name), text, out);
	if (!is_one_mailbox(slice_from(str_slice(out), before), text)) {
		str_cut(out, before);
		return false;
	}
	if (bare != NULL)
		str_adds(bare, text);
	return true;
}

bool
answer_is_phrase(struct slice name)
{
	if (name.len >= 2 && name.p[0] == '"')
		return slice_find(slice_from(name, 1), '"') ==
		    (ptrdiff_t)name.len - 2;
	for (size_t i = 0; i < name.len; i++)
		if (strchr("()<>[]:;@\\,\"", name.p[i]) != NULL)
			return false;
	return true;
}
