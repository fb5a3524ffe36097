/* who_names.h: all names of all domains, and what each leads to, for the question
 * who reaches an account.
 *
 * Every file is read once.  A name is a node, and what names it an edge from
 * the one who does; so the way back from an account is as long as what is
 * found on it.
 */
#ifndef WHO_NAMES_H
#define WHO_NAMES_H

#include "account.h"
#include "aliases.h"
#include "operation.h"
#include "table.h"

enum node_kind {
	NODE_MAILBOX,		/* the inbox itself */
	NODE_ACCOUNT,		/* it, unless it forwards */
	NODE_ALIAS,
	NODE_POSTMASTER,	/* of a domain that has neither */
	NODE_FALLBACK,		/* whatever is unknown in a domain */
	NODE_OTHER,		/* somebody who is of no interest */
};

struct edge {
	struct node	*from;
	bool		 fallback;	/* a fallback goes that way */
	unsigned	 line;		/* of the member that says so */
	struct edge	*next;
};

struct node {
	enum node_kind		 kind;
	const char		*local;		/* "": a fallback's */
	/* of an account: another name of it; or NULL */
	const char		*full_name;
	struct names_domain	*domain;
	const char		*file;
	unsigned		 line;
	/* of an alias: what it says; of an account: what it forwards to */
	struct alias_member	*members;
	size_t			 count;
	size_t			 place;		/* of its file, in the order */
	struct edge		*in;		/* who leads here */
	struct node		*next;		/* of all */

	/* for who walks back: without and with a fallback on the way */
	bool			 met[2];
	const struct node	*through;
	unsigned		 depth;
};

struct names_domain {
	const struct domain	*domain;
	/* by name in lower case; full names by their key */
	struct table		 aliases, accounts, full_names;
	struct node		*fallback;	/* to one address; or NULL */
	const char		*same_at;	/* "@domain": that; or NULL */
	struct node		*postmaster;
	struct names_domain	*next;
};

struct names {
	struct call		*call;
	struct pool		 pool;
	struct table		 by_name;	/* domains, by real name */
	struct names_domain	*domains;	/* sorted */
	struct node		*nodes;
	/* who is asked about */
	const struct account	*account;
	struct node		*inbox, *self;
};

/* Reads everything.  What cannot be read is told in notes, and left out. */
int	names_read(struct call *call, const struct account *account,
	    struct names *out, struct err *err);
void	drop_names(struct names *names);

struct names_domain *names_domain(struct names *names, const char *domain);

/* What mail for the name meets first (SPEC's order); NULL: nobody.  *fallback
 * becomes true where it is a fallback's doing. */
struct node *names_land(struct names *names, struct names_domain *domain,
	    struct slice local, bool *fallback);

/* The same where neither aliases nor fallbacks count. */
struct node *names_land_mailbox(struct names *names,
	    struct names_domain *domain, struct slice local);

#endif
