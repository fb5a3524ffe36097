/* user_lines.h: one line more in passwd.D or shadow.D, whatever their size.
 *
 * Nothing but that line is held in memory: what is there is looked at by way of
 * the index, or line by line, and copied.  line_edit.h is for
 * what becomes of lines that are there, user_files.h for all of them.
 */
#ifndef USER_LINES_H
#define USER_LINES_H

#include <sys/types.h>

#include "domain.h"
#include "err.h"
#include "pool.h"
#include "str.h"

enum user_lines_kind { USER_LINES_PASSWD, USER_LINES_SHADOW };

/* name.D, the mode of a new one, and how many fields a whole line has. */
struct line_file {
	const char	*name;
	mode_t		 mode;
	size_t		 fields;
};
extern const struct line_file line_files[];

/* 1: some line has the name, be it broken.  0: none; a missing shadow.D has
 * none. */
int	user_lines_mention(const struct domain *domain,
	    enum user_lines_kind kind, struct slice name, struct err *err);

/* Adds its hash field to out, wherever it counts: shadow.D's, else passwd.D's. */
int	user_lines_hash(const struct domain *domain, const char *account,
	    struct str *out, struct err *err);

/* How many accounts passwd.D has. */
int	user_lines_count(const struct domain *domain, uint64_t *out,
	    struct err *err);

/* Puts a line behind the others, for a name that is not mentioned.
 * ERR_INVALID: a field holds what no field can. */
int	user_lines_add(const struct domain *domain, enum user_lines_kind kind,
	    const struct slice *fields, struct err *err);

/* The hash of a new account.  Nothing of an entry that is left of somebody else
 * stays. */
int	user_lines_set_hash(const struct domain *domain, const char *account,
	    const char *hash, struct err *err);

#endif
