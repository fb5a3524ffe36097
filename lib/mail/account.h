/* account.h: the accounts of a domain, whatever they are stored in.
 *
 * A store is a row of functions; passwd_store (passwd.D and shadow.D) is the
 * first.  Callers know the functions below only.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>

#include "domain.h"
#include "err.h"
#include "ident.h"
#include "pool.h"
#include "str.h"

struct account {
	const struct domain	*domain;
	/* as it is spelt in the store */
	const char		*name;
	/* the first part of GECOS, & resolved */
	const char		*full_name;
	const char		*home;
	/* as stored: uid and its own gid */
	struct ident		 ident;
	/* where it was found, and its line */
	const char		*file;
	unsigned		 line;
};

/* Ends as soon as it was compared: no process that talks to a client may be forked
 * before that. */
struct password {
	/* crypt(3); NULL: nothing can match (locked, none) */
	char		*hash;
	/* '!' or '*' before the hash, or expired */
	bool		 locked;
	bool		 expired;
	/* "vadmin user lock": '!' before something, be it a hash or not */
	bool		 barred;
};

/* Overwrites the hash before it frees it. */
void	drop_password(struct password *password);

typedef int account_visitor(void *arg, const struct account *account,
	    struct err *err);

struct account_store {
	const char	*name;
	int	(*find)(const struct domain *, struct pool *, struct slice name,
		    struct account **out, struct err *);
	int	(*find_full_name)(const struct domain *, struct pool *,
	    struct slice full_name,
		    struct account **out, bool *several, struct err *);
	int	(*password)(const struct domain *, const struct account *,
		    struct password *out, struct err *);
	int	(*each)(const struct domain *, account_visitor *, void *arg,
	    struct err *);
};

/* ERR_ABSENT: no such account (or a name that can be none).  ERR_INVALID: it
 * is named, but its line is broken or its ids are forbidden: FILE:LINE: text;
 * "is named" where the first word of the line is it, leading blanks and NUL
 * bytes left out, and no better line follows.  Other lines that cannot be
 * served are warned of.
 * ERR_TEMPORARY: the store cannot be read. */
int	account_find(const struct domain *domain, struct pool *pool,
	    struct slice name, struct account **out, struct err *err);

/* By full name (two words or more; blanks, dots and underscores alike).
 * ERR_ABSENT: none, or *several of that name. */
int	account_find_full_name(const struct domain *domain, struct pool *pool,
	    struct slice full_name, struct account **out, bool *several,
	    struct err *err);

/* Its password hash, which the caller owns.  Absent counts as locked; never
 * ERR_ABSENT. */
int	account_password(const struct domain *domain,
	    const struct account *account, struct password *out,
	    struct err *err);

/* Every account in the store's order.  Lines that cannot be served are left
 * out.  A visitor's -1 ends it. */
int	account_each(const struct domain *domain, account_visitor *visit,
	    void *arg, struct err *err);

/* Who opens its mailbox: its uid with the domain's gid, or the one owner. */
struct ident account_identity(const struct account *account);

/* What it is compared by: lower case, runs of blanks, dots and underscores as
 * one dot.  False: fewer than two words. */
bool	account_full_name_key(struct slice full_name, struct str *out);

extern const struct account_store passwd_store;

/* The eighth field of shadow(5); empty or negative is no expiry.  False: it is
 * no number, and *expired stays. */
bool	passwd_read_expiry(struct slice field, bool *expired);

#endif
