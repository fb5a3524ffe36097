/* references.h: what leads to an account or a domain: members of aliases and of
 * forwards, and fallbacks, of all domains.
 */
#ifndef REFERENCES_H
#define REFERENCES_H

#include "aliases.h"
#include "operation.h"

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

/* All of them; of aliases only members in which the word can be, if it is not
 * NULL.  What cannot be read, or changed, is told in a note. */
int	references_each(struct call *call, const char *word,
	    reference_visitor *visit, void *arg, struct err *err);

/* The same where each of them has to change: what could not be is an error that
 * counts them, ERR_TEMPORARY or ERR_REFUSED, behind a note of each.  The first
 * changes nothing, and finds what is known before. */
int	references_check(struct call *call, const char *word,
	    reference_visitor *visit, void *arg, struct err *err);
int	references_change(struct call *call, const char *word,
	    reference_visitor *visit, void *arg, struct err *err);

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
