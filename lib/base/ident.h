/* ident.h: who a process is, and becoming somebody else for good.
 *
 * Users and groups are read from /etc/passwd and /etc/group alone: no name
 * service, so no foreign code and no network in a process that is root.
 */
#ifndef IDENT_H
#define IDENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

struct ident {
	uid_t	uid;
	gid_t	gid;
};

/* The uid and gid of nobody, as Linux has it for who has no number here. */
enum { IDENT_NOBODY = 65534 };

/* "NAME" or a number.  Absent is ERR_ABSENT.  For a number that has no line
 * in /etc/passwd the group is the same number. */
int	ident_of_user(struct slice name, struct ident *out, struct err *err);
int	ident_of_group(struct slice name, gid_t *out, struct err *err);

/* "USER" or "USER:GROUP". */
int	ident_parse(struct slice text, struct ident *out, struct err *err);

/* uid or gid 0, or the "no change" value -1: nobody may become that. */
bool	ident_is_forbidden(struct ident who);

/* Whether this process is who, or is root and could become that.  -1: neither;
 * err says what to do. */
int	ident_can_become(struct ident who, struct err *err);

/* Gives up everything else, supplementary groups and capabilities too, and
 * proves it: who is forbidden, or a way back is left: -1, and the caller must
 * end.  A process that is not root can only become itself; its groups stay
 * what they are. */
int	ident_become(struct ident who, struct err *err);

#endif
