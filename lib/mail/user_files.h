/* user_files.h: passwd.D and shadow.D of a domain, read and replaced whole, for
 * who changes many lines or looks at all; line_edit.h is for one account. */
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

#endif
