/* who_names.h: names that may lead to an account, and what each leads to, for the
 * question who reaches it.
 *
 * A name is a node, and what names it an edge from the one who does; so the way
 * back from the account is as long as what is found on it.  There are nodes for
 * names that may be on it alone: all others of a domain are looked up when
 * somebody asks, so that neither time nor memory is spent on them.
 */
#ifndef WHO_NAMES_H
#define WHO_NAMES_H

#include "account.h"
#include "aliases.h"
#include "operation.h"
#include "table.h"
#include "who_words.h"

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
	/* of an alias: what it says, and what its includes do; of an account:
	 * what it forwards to */
	struct alias_member	*members;
	size_t			 count;
	size_t			 place;		/* of its file, in the order */
	bool			 leads;		/* one of them may lead on */
	struct edge		*in;		/* who leads here */
	struct node		*next;		/* of all */

	/* for who walks back: without and with a fallback on the way */
	bool			 met[2];
	const struct node	*through;
	unsigned		 depth;
};

struct names_domain {
	const struct domain	*domain;
	/* what is known, by name in lower case; full names by their key */
	struct table		 aliases, accounts, full_names;
	bool			 complete;	/* all names are */
	/* what is unknown there may lead on; its own files have to be read
	 * for that */
	bool			 caught, unread;
	struct node		*fallback;	/* to one address; or NULL */
	const char		*same_at;	/* "@domain": that; or NULL */
	struct node		*postmaster;
	struct names_domain	*next;
};

/* One of the installation's domains, or domain aliases. */
struct names_place {
	const char	*name;
	bool		 is_alias;
	bool		 bare;		/* it has no aliases.D */
};

struct names {
	struct call		*call;
	struct pool		 pool;
	struct words		 words;
	struct table		 real;		/* names as they are spelt */
	struct table		 by_name;	/* domains, by real name */
	struct names_domain	*domains;	/* that were opened */
	struct names_place	*places;
	size_t			 count, room;
	bool			 postmasters;	/* the main one may lead on */
	bool			 catches;	/* there is one that is caught */
	struct node		*nodes;
	/* who is asked about */
	const struct account	*account;
	struct node		*inbox, *self;
};

/* who_read.c: reads everything that may matter.  What cannot be read is told in
 * notes, and left out. */
int	names_read(struct call *call, const struct account *account,
	    struct names *out, struct err *err);
void	drop_names(struct names *names);

struct node *names_node(struct names *names, enum node_kind kind,
	    struct names_domain *domain, const char *local);

/* A domain in any spelling; NULL: none of ours, or a broken one. */
struct names_domain *names_domain(struct names *names, const char *domain);

/* Its real name; NULL: none of ours. */
const char *names_real(struct names *names, const char *domain);

/* Whether a name of this domain may lead to the account, and that it does. */
bool	names_have(struct names *names, const char *domain,
	    struct slice local);
void	names_add(struct names *names, const char *domain,
	    struct slice local);

/* From now on what is unknown in the domain may lead there. */
void	names_catch(struct names *names, struct names_domain *domain);

/* Somebody who is of no interest. */
extern struct node names_somebody;

/* Who has the name itself; NULL: nobody. */
struct node *names_alias(struct names *names, struct names_domain *domain,
	    struct slice local);
struct node *names_account(struct names *names, struct names_domain *domain,
	    struct slice local);
struct node *names_full_name(struct names *names, struct names_domain *domain,
	    struct slice local);

/* The name without its extension. */
struct slice names_base(const struct names *names, struct slice local);

#endif
