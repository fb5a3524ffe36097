/* passwd_file.h: the lines of passwd.D and shadow.D as the programs read them;
 * passwd.c, shadow.c and
 * user_lines.c and line_edit.c alone include it.
 *
 * A reader that was asked for a name gives the lines that its index names, and
 * without one all lines: whoever reads them looks at each, and cannot tell.
 */
#ifndef PASSWD_FILE_H
#define PASSWD_FILE_H

#include "account.h"
#include "entries.h"
#include "index.h"
#include "lines.h"

enum { NAME, HASH, UID, GID, GECOS, HOME, SHELL };

struct passwd_reader {
	const struct domain	*domain;
	const char		*path;
	int			 fd;
	struct lines		 lines;
	/* only these lines */
	bool			 chosen;
	struct textindex_places	 places;
	size_t			 next;
};

/* kind is "passwd" or "shadow"; question may be NULL: all lines. */
int	passwd_open(const struct domain *domain, struct pool *pool,
	    const char *kind, const struct index_question *question,
	    struct passwd_reader *out, struct err *err);
void	drop_passwd_reader(struct passwd_reader *reader);

/* As lines_next(). */
int	passwd_next(struct passwd_reader *reader, struct slice *line,
	    struct err *err);

/* Where the line that was returned last begins in the file. */
off_t	passwd_offset(const struct passwd_reader *reader);

/* "FILE:LINE: skipped: WRONG" of the line that was returned last. */
void	passwd_warn(const struct passwd_reader *reader, const char *wrong);

/* How many fields there are; the first max of them. */
int	passwd_split(struct slice line, struct slice *fields, int max);
struct slice passwd_first_field(struct slice line);

/* What is wrong with the form of a line of passwd.D, whoever's it is; NULL:
 * nothing. */
const char *passwd_check(struct slice line,
	    struct slice fields[PASSWD_FIELDS]);

/* The same of an account's, with its ids. */
const char *passwd_parse(struct slice line, struct slice fields[PASSWD_FIELDS],
	    struct ident *ident);
bool	passwd_is_comment(struct slice line);

/* GECOS up to the first comma; each & is the login with a capital. */
void	passwd_add_full_name(struct slice gecos, struct slice login,
	    struct str *out);

/* The hash of the line in passwd.D, for accounts that shadow.D lacks, which the
 * caller owns; NULL: none. */
int	passwd_read_hash(const struct domain *domain, struct pool *pool,
	    struct slice name, char **hash, struct err *err);

/* shadow.c: struct account_store's. */
int	shadow_password(const struct domain *domain,
	    const struct account *account, struct password *out,
	    struct err *err);

#endif
