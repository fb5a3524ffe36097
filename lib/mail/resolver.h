/* resolver.h: what the parts of the resolver share; nobody else includes it.
 *
 * resolve.c has the rules and their order, meet.c what a name is without an
 * alias, expand.c what the members of an alias lead to, follow.c what forwards
 * add, reach.c the steps and targets that come of it.
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "address.h"
#include "aliases.h"
#include "plan.h"

struct resolver {
	const struct installation	*in;
	struct plan			*plan;
	struct recipient		*recipient;
	/* names and includes of this recipient, or of the forward that is being
	 * followed */
	struct table			 visited;
	/* the same of forwards that were followed to their ends */
	struct table			 finished;
	/* while forwards are followed: what is too deep may be reached on a
	 * shorter way, too; it was met; those whom it was met behind */
	bool				 waits, too_deep;
	struct asked			*deep;
	/* members of aliases, or of forwards, that were looked at */
	uint64_t			 members;
	/* max-recipients was passed, or it is too late for more */
	bool				 exhausted, late;
};

/* Where the resolver stands, and what holds for all that is below it. */
struct context {
	const struct step	*way;
	const struct domain	*domain;
	/* as addressed, extension and all */
	const char		*local;
	/* of the innermost owner-L; NULL: the envelope's */
	const char		*sender;
	/* aliases, includes, fallbacks, forwards so far */
	unsigned		 depth;
	bool			 no_fallback;	/* a fallback led here */
	/* a member "\name": the mailbox itself */
	bool			 direct;
	/* whose .forward it is; NULL: nobody's */
	const struct account	*runs_as;
};

/* An account whose .forward is asked for (see resolve_forwards()), and how the
 * recipient came to it. */
struct asked {
	struct target	*target;
	struct context	 context;
	bool		 deep;		/* too deep for all that it leads to */
	struct asked	*next;
};

/* --- reach.c */

/* c->local at c->domain, as text. */
const char	*reach_address(struct resolver *, const struct context *c);

/* One step of the way; address NULL: reach_address(). */
struct context	 reach_step(struct resolver *, struct context c,
	    const char *address,
		    const char *how, const char *file, unsigned line);

/* Whether anything more is to be looked at, and is there time for it. */
bool	reach_more(struct resolver *);

/* The same of one more member.  False: those were enough. */
bool	reach_member(struct resolver *);

/* How the account's .forward was followed last for the recipient: a struct
 * asked; NULL: it was not. */
void	**reach_followed(struct resolver *, const struct account *);

/* A target, unless the plan has it already. */
void	reach_account(struct resolver *, struct context c,
	    const struct account *, const char *how);
void	reach_command(struct resolver *, const struct context *c,
	    const char *command);
void	reach_file(struct resolver *, const struct context *c,
	    const char *path);
void	reach_remote(struct resolver *, const struct context *c,
	    const struct address *);
void	reach_auto(struct resolver *, const struct context *c,
	    const char *path);

/* A failure of the address that is being resolved. */
void	reach_failure(struct resolver *, struct context c, const char *how,
	    struct outcome why);

/* A failure where the way is already complete. */
void	reach_dead_end(struct resolver *, const struct context *c,
	    struct outcome why);

/* One alias, include, fallback or forward more.  False: too deep; a failure is
 * added, unless that waits. */
bool	reach_deeper(struct resolver *, struct context *c);

/* --- meet.c */

/* Reaches the account that has the name in c->domain, or the full name where
 * the domain has match-full-name; or the failure to find out.  False: there is
 * none. */
bool	meet_account(struct resolver *, const struct context *c,
	    struct slice name, const char *how);
bool	meet_full_name(struct resolver *, const struct context *c,
	    struct slice name);

/* The mailbox that a name means where aliases are left out: either of these,
 * with its extension or without. */
bool	meet_mailbox(struct resolver *, const struct context *c,
	    struct slice name, const char *how);

/* The same of an autoresponder, files/D/NAME.auto. */
bool	meet_auto(struct resolver *, const struct context *c,
	    struct slice name);

/* The part before the first recipient delimiter; name itself where it has
 * none. */
struct slice meet_without_extension(const struct resolver *,
	    struct slice name);

/* --- expand.c */

/* The alias that name is in c->domain, expanded.  False: there is none. */
bool	expand_alias(struct resolver *, struct context c, struct slice name);

/* All members of an entry, of an included file, or of a .forward. */
void	expand_entry(struct resolver *, const struct context *c,
	    const char *how, const struct alias_entry *entry);

/* One member of an alias, or what a fallback names. */
void	expand_member(struct resolver *, struct context c,
	    const struct alias_member *);

/* --- resolve.c */

/* An address: in one of our domains, or the MTA's business.  Without a domain
 * it is in c.domain. */
void	resolve_address(struct resolver *, struct context c,
	    const struct address *);

/* The same for the account alone, without aliases and fallback. */
void	resolve_mailbox(struct resolver *, struct context c,
	    const struct address *);

/* Mail never just vanishes: not in a circle, and not in half a list. */
void	resolve_check(struct resolver *, const struct context *c);

#endif
