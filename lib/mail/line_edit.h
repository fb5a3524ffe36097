/* line_edit.h: an account's lines in passwd.D or shadow.D found and changed,
 * whatever the size of the file.
 *
 * Its index tells where they are, or each line is looked at; all else is copied.
 * What becomes of a line is said by entries.h, which reads again what it wrote.
 * user_lines.h is for a line of a new account.
 */
#ifndef LINE_EDIT_H
#define LINE_EDIT_H

#include "entries.h"
#include "user_lines.h"

/* The first of the name's lines with all fields, without its end; text owns
 * it.  1: found. */
int	line_find(const struct domain *domain, enum user_lines_kind kind,
	    struct slice name, struct str *text, struct entry *out,
	    struct err *err);

/* Adds to out what a line of the name, whole or broken, with its end if it has
 * one, becomes: the same, another one, one more, or nothing. */
typedef int line_change(void *arg, struct slice line, struct str *out,
	    struct err *err);

struct line_rule {
	struct slice	 name;
	line_change	*change;
	void		*arg;
};

/* Each line that a rule is for, in one change; what is behind goes to the end of
 * the file. */
int	line_edit(const struct domain *domain, enum user_lines_kind kind,
	    const struct line_rule *rules, size_t count, struct slice behind,
	    struct err *err);

/* A rule for what is to go. */
line_change	line_goes;

/* A field of the whole ones. */
int	line_set(const struct domain *domain, enum user_lines_kind kind,
	    struct slice name, size_t field, struct slice value,
	    struct err *err);

/* None of the name is left. */
int	line_remove(const struct domain *domain, enum user_lines_kind kind,
	    struct slice name, struct err *err);

/* This one behind the others, and no other of its name. */
int	line_put(const struct domain *domain, enum user_lines_kind kind,
	    const struct slice *fields, struct err *err);

/* Puts hash into shadow.D, and "x" into passwd.D. */
enum hash_kind {
	/* the same password, with a lock put on or taken off, or by another
	 * method: its date stays */
	HASH_SAME,
	HASH_NEW,		/* a new password: its date changes too */
	/* nothing of an entry that is left of somebody else stays */
	HASH_NEW_ACCOUNT,
};
int	line_set_hash(const struct domain *domain, const char *account,
	    const char *hash, enum hash_kind kind, struct err *err);

#endif
