/* vpasswd.h: vpopmail's files: vpasswd, and the .qmail files beside it. */
#ifndef VPASSWD_H
#define VPASSWD_H

#include <stdbool.h>

#include "err.h"
#include "pool.h"
#include "str.h"

/* A line of vpasswd: name:hash:uid:gid:gecos:dir:quota[:password].  uid and gid
 * are none of the system's: gid is a set of things that are forbidden. */
struct vpasswd {
	const char	*name, *hash, *full_name;
	const char	*dir;		/* of the old machine */
	const char	*quota;		/* as the setting has it; NULL: none */
	bool		 no_pop, no_imap, no_mail;
	bool		 counts;	/* messages, too, were limited */
};

/* ERR_INVALID: it has too few fields. */
int	vpasswd_parse(struct pool *pool, struct slice line,
	    struct vpasswd *out, struct err *err);

/* What a .qmail file does. */
struct dot_qmail {
	struct str	members;	/* addresses, separated by commas */
	const char	*maildir;	/* ends in /; NULL: none */
	const char	*strange;	/* a line that is neither; NULL */
};
void	dot_qmail_read(struct pool *pool, struct slice text,
	    struct dot_qmail *out);
void	drop_dot_qmail(struct dot_qmail *file);

/* The last word of vdelivermail's in a .qmail-default: an address, a directory,
 * "bounce-no-mailbox" or "delete".  NULL: there is no such line. */
const char *dot_qmail_default(struct pool *pool, struct slice text);

#endif
