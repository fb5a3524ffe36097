/* alias_subject.h: the alias that a call is about: its entry in aliases.D, its
 * attributes, and what the caller may do with it.
 */
#ifndef ALIAS_SUBJECT_H
#define ALIAS_SUBJECT_H

#include "alias_file.h"
#include "attributes.h"
#include "subject.h"

struct alias_subject {
	struct subject		 subject;
	struct alias_file	 file;
	struct attributes	 attributes;
};

/* The parameter L@D, read from both files.  ERR_INVALID: it can be no alias.
 * One that aliases.D has not is no error: file.found. */
int	alias_subject_read(struct call *call, struct alias_subject *out,
	    struct err *err);
void	drop_alias_subject(struct alias_subject *subject);

/* Its entry in an extra file of its domain; NULL: there is none. */
const struct alias_entry *alias_subject_extra(struct call *call,
	    const struct subject *subject);

/* What is said of it becomes this. */
int	alias_subject_describe(const struct alias_subject *alias,
	    const struct attributes *attributes, struct err *err);

/* For one that is about to be made: attributes of an earlier one of its name
 * are not its own. */
void	alias_subject_begin(struct alias_subject *alias);

/* Whether whoever calls may; see attributes_allow(). */
int	alias_subject_allow(struct call *call, const struct alias_subject *alias,
	    enum deed deed, struct err *err);

/* U in the alias's domain, with or without @D; NULL: the caller, who is an
 * account of it.  ERR_ABSENT: no such account.  ERR_REFUSED: another account's
 * business. */
int	alias_subject_who(struct call *call, const struct alias_subject *alias,
	    const char *given, const char **out, struct err *err);

#endif
