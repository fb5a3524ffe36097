/* reference.h: one place that leads to an account or a domain: a member of an
 * alias or of a forward, or a fallback.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>

#include "aliases.h"
#include "installation.h"
#include "pool.h"

enum reference_kind { REFERENCE_ALIAS, REFERENCE_FORWARD, REFERENCE_FALLBACK };

struct reference {
	enum reference_kind		 kind;
	const char			*domain;	/* whose file it is */
	/* the alias, or the account that forwards; "" of a fallback */
	const char			*name;
	const struct alias_member	*member;
	const char			*where;		/* "FILE:LINE" */
	/* it has no other member */
	bool				 only;
	/* the file is an alias file of several domains: what a name without one
	 * means there depends on who reads it */
	bool				 shared;
	/* the file is not ours to change, or cannot be: it is only told of */
	bool				 stays;
};

/* True: *new, which lives in pool, takes its place.  Of a fallback "@DOMAIN"
 * the member is an address that begins with '@'. */
typedef bool reference_visitor(void *arg, struct pool *pool,
	    const struct reference *reference, struct alias_member *new);

/* Whether the member, in a file of domain, means the account: by its name, with
 * an extension or without, and in any name of its domain.  *text becomes the
 * same with another name. */
struct account_reference {
	const struct installation	*in;
	const char			*name, *domain;
	/* the domain has an alias of this name, which comes first */
	bool				 is_alias;
};
bool	reference_is_to(const struct account_reference *account,
	    const struct reference *reference, struct pool *pool);
const char *reference_renamed(const struct account_reference *account,
	    const struct reference *reference, struct pool *pool,
	    const char *new);

#endif
