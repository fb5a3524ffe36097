/* attributes.h: what is said of an alias beside its members: attributes.D,
 * "L: name = value", and what that allows to whom.
 *
 * They stand in a file of their own, so that whoever edits aliases.D by hand
 * loses none of them.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <stdbool.h>

#include "err.h"
#include "pool.h"
#include "settings.h"
#include "str.h"

enum attribute {
	ATTRIBUTE_DESCRIPTION,
	ATTRIBUTE_OWNERS,		/* accounts of the domain */
	ATTRIBUTE_MEMBERSHIP,		/* "open" or "restricted" */
};
enum { ATTRIBUTES = ATTRIBUTE_MEMBERSHIP + 1 };

/* "description", "owners", "membership" */
const char *attribute_name(enum attribute what);
bool	attribute_named(struct slice word, enum attribute *out);

/* A line of the file. */
struct attribute_line {
	const char	*alias;		/* without quotes; in pool */
	enum attribute	 what;
	struct slice	 value;
};

/* 1: *out.  0: a comment, or empty.  -1: *wrong says why the line does not
 * count; out->alias is "" or whose it seems to be. */
int	attribute_parse(struct slice line, struct pool *pool,
	    struct attribute_line *out, const char **wrong);

/* The same as a line, without its end. */
void	attribute_add(struct str *out, const char *alias, enum attribute what,
	    struct slice value);

/* All of one alias; those of an alias that has none are a zero value. */
struct attributes {
	const char		*description;	/* NULL: none */
	struct setting_words	 owners;
	bool			 open;
};

/* Takes a value in.  ERR_INVALID: it can be none. */
int	attributes_set(struct attributes *attributes, struct pool *pool,
	    enum attribute what, struct slice value, struct err *err);

/* The value as the file has it; false: the line is not needed. */
bool	attributes_get(const struct attributes *attributes,
	    enum attribute what, struct str *out);

bool	attributes_have_owner(const struct attributes *attributes,
	    const char *account);

/* Of the owners the account becomes another one; NULL: none any more. */
void	attributes_replace_owner(struct attributes *attributes,
	    const char *account, const char *other);

/* --- what they allow ----------------------------------------------------- */

enum deed {
	DEED_MAKE,		/* an alias that is not there yet */
	DEED_JOIN,		/* oneself */
	DEED_LEAVE,
	DEED_CHANGE,		/* members, description, membership */
	DEED_OWN,		/* change who the owners are */
};

/* By an account of the alias's domain; NULL: an administrator, who may all.
 * ERR_REFUSED says who may. */
int	attributes_allow(const struct attributes *attributes, enum deed deed,
	    const char *account, struct err *err);

#endif
