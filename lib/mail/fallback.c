/* fallback.c: what "fallback" of domain.D says. */
#include "fallback.h"

#include <string.h>

#include "address.h"
#include "name.h"
#include "scope.h"
#include "tokens.h"

/* |"command" as in aliases; else the command is the rest of the line, its
 * commas too. */
static int
parse_command(struct pool *pool, const char *text, struct alias_member *out,
    struct err *err)
{
	const char *command = text + 1 + strspn(text + 1, " \t");

	if (command[0] == '"' && alias_parse_member(pool, slice_of(text), out,
	    err) == 0)
		return 0;
	*out = (struct alias_member){ ALIAS_COMMAND, command, 0 };
	return tokens_check(command, err);
}

int
fallback_parse(struct pool *pool, const char *text, const char *local,
    struct alias_member *out, struct err *err)
{
	SCOPED(drop_str) struct str domain = { 0 };

	if (text[0] == '|')
		return parse_command(pool, text, out, err);
	if (text[0] != '@') {
		if (alias_parse_member(pool, slice_of(text), out, err) == -1)
			return -1;
		return out->kind == ALIAS_ADDRESS ||
		    out->kind == ALIAS_COMMAND ? 0 :
		    err_set(err, ERR_INVALID,
		    "must be user@domain, @domain, a name or | command");
	}
	if (name_canonical_domain(slice_of(text + 1), &domain, err) == -1)
		return -1;
	*out = (struct alias_member){ ALIAS_ADDRESS,
	    address_text(pool, local, str_text(&domain)), 0 };
	return 0;
}
