/* mentions.h: the places of one domain where an account or a domain can be
 * named, shown to a visitor, and changed as he says.
 *
 * Nothing fails here: what cannot be read, or changed, is told in a note, and
 * counted.
 */
#ifndef MENTIONS_H
#define MENTIONS_H

#include "domain.h"
#include "operation.h"
#include "reference.h"
#include "table.h"

/* Of all domains, one after the other. */
struct mentions {
	struct call		*call;
	const char		*account;
	reference_visitor	*visit;
	void			*arg;
	struct reference	 at;
	struct pool		 pool;		/* of what follows */
	/* what may change is not changed */
	bool			 dry;
	/* places that have to change and do not, and why the first does not */
	size_t			 staying;
	enum err_kind		 why;
	/* of the file that is told of */
	enum err_kind		 why_not;
	const char		*reason;
	struct table		 extra;		/* files, and how often named */
	char			 once, often, done;
};
void	drop_mentions(struct mentions *m);

/* A place has to change, and does not. */
void	mentions_staying(struct mentions *m, enum err_kind why);

/* An alias file of the installation's directory. */
void	mentions_in_aliases(struct mentions *m, const char *file);

/* The extra alias files of a domain: all of them are to be expected before one
 * is looked at, because some are several domains'.  Each is looked at once. */
void	mentions_expect(struct mentions *m, const struct domain *domain);
void	mentions_in_extra(struct mentions *m, const char *named);

/* Those in files/D. */
void	mentions_in_forwards(struct mentions *m, const struct domain *domain);

void	mentions_in_fallback(struct mentions *m, const struct domain *domain);

#endif
