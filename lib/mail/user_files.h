/* user_files.h: passwd.D and shadow.D of a domain, read and replaced together
 * in an order in which every state in between denies a login. */
#ifndef USER_FILES_H
#define USER_FILES_H

#include "account.h"
#include "domain.h"
#include "err.h"
#include "pool.h"
#include "str.h"

struct user_files {
	const struct domain	*domain;
	const char		*passwd_name, *shadow_name;
	struct str		 passwd, shadow;
};

int	user_files_read(const struct domain *domain, struct pool *pool,
	    struct user_files *out, struct err *err);
void	drop_user_files(struct user_files *files);

/* The file of the name gets the text, and files the new state. */
int	user_files_write_passwd(struct user_files *files, struct str *text,
	    struct err *err);
int	user_files_write_shadow(struct user_files *files, struct str *text,
	    struct err *err);

/* Its hash field, wherever it counts: shadow.D's, else passwd.D's. */
struct slice user_files_hash(const struct user_files *files,
	    const char *account);

/* Puts hash into shadow.D, and "x" into passwd.D. */
enum hash_kind {
	/* the same password, with a lock put on or taken off, or by another
	 * method: its date stays */
	HASH_SAME,
	HASH_NEW,		/* a new password: its date changes too */
	/* nothing of an entry that is left of somebody else stays */
	HASH_NEW_ACCOUNT,
};
int	user_files_set_hash(struct user_files *files, const char *account,
	    const char *hash, enum hash_kind kind, struct err *err);

#endif
