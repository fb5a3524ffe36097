/* plan.h: what is to be done with a message for its recipients, and why.
 *
 * A plan has targets, each of which is delivered to once, and recipients,
 * each of which leads to some of them.  resolve.h makes it; nothing in it has
 * a side effect.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdio.h>

#include "account.h"
#include "aliases.h"
#include "outcome.h"
#include "pool.h"
#include "table.h"

enum target_kind {
	TARGET_ACCOUNT,		/* the mailbox of account */
	TARGET_COMMAND,		/* text is for the shell */
	TARGET_FILE,		/* text is the path */
	TARGET_REMOTE,		/* text is an address: for the MTA */
	/* text is the path of an autoresponder's message */
	TARGET_AUTO,
	TARGET_FAILURE,		/* nothing can be done: failure says why */
};

/* "mailbox", "command" ...: in plans and in the log. */
const char *target_kind_name(enum target_kind kind);

/* One step of the way to a target, from the last to the first. */
struct step {
	/* NULL: this was the recipient as given */
	const struct step	*before;
	/* what was being resolved here */
	const char		*address;
	/* "alias", "account", "fallback" ... */
	const char		*how;
	/* what says so; NULL: nothing on disk does */
	const char		*file;
	unsigned		 line;		/* 0: the file as a whole */
	/* its own .forward says so; NULL: nobody's does */
	const struct account	*forward;
};

/* The ways of others that led to the same target; some of them. */
struct more_ways {
	const struct step	*way;
	const struct more_ways	*next;
};
enum { MORE_WAYS = 100 };

struct target {
	enum target_kind	 kind;
	const struct step	*way;
	const struct more_ways	*others;
	unsigned		 other_count;
	const struct account	*account;
	const struct domain	*domain;	/* whose rules led here */
	/* the address that was resolved last, in domain */
	const char		*local;
	const char		*text;
	/* owner-L@D instead of the envelope's; NULL: no */
	const char		*sender;
	/* what it does: equal for equal ones, in other plans, too; NULL:
	 * nothing */
	const char		*key;
	/* an address the MTA can try by itself; NULL: none */
	const char		*retry;
	struct outcome		 failure;
	void			*work;		/* the deliverer's own */

	/* the sender of what is sent on instead of it; NULL: the envelope's */
	const char		*list_sender;

	/* Of a mailbox, for resolve_forwards(): */
	bool			 asked;		/* its .forward counts */
	bool			 looked;	/* and was looked for */
	bool			 direct;	/* itself was meant, too */
	/* what it says; NULL: nothing */
	const struct alias_entry *forward;
};

struct recipient {
	const char	 *given;
	const char	 *local;	/* as addressed */
	/* the real one; as addressed when it is not ours */
	const char	 *domain;
	struct target	**targets;
	size_t		  count, room;
	/* of aliases and forwards, that were looked at for it */
	uint64_t	  members;
	/* for resolve_forwards(): whose .forward counts; and it was here */
	struct asked	 *asked, *asked_last;
	bool		  followed;
};

struct plan {
	struct pool		 pool;
	/* some may be no recipient's: see resolve() */
	struct target		**targets;
	size_t			 count, room;
	struct recipient	**recipients;
	size_t			 recipient_count, recipient_room;
	const char		**warnings;	/* for the log */
	size_t			 warning_count, warning_room;
	struct table		 known;		/* targets by what they do */
	struct table		 domains;	/* that were opened, by name */
};

void	drop_plan(struct plan *plan);

/* Whether it is one of the recipient's targets. */
bool	plan_leads_to(const struct recipient *recipient,
	    const struct target *target);

/* Whether the MTA gets the mail for target alone where that fails, and the
 * recipient's other targets stand. */
bool	plan_hands_on(const struct recipient *recipient,
	    const struct target *target);

/* For the resolver.  Texts and targets are copied into the plan. */
struct recipient *plan_add_recipient(struct plan *plan, const char *given);
struct target	*plan_add_target(struct plan *plan, struct recipient *recipient,
		    const struct target *target);
void	plan_share_target(struct recipient *recipient, struct target *target);
void	plan_remove_target(struct recipient *recipient, size_t index);
void	plan_warn(struct plan *plan, const char *fmt,
	    ...) __attribute__((format(printf, 2, 3)));

/* L@D, the address that target was found under; in the plan's pool. */
const char *target_address(struct plan *plan, const struct target *target);

/* For people and scripts: each recipient's targets with the way to them. */
void	plan_print(const struct plan *plan, FILE *out);

#endif
