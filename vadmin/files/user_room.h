/* user_room.h: whether a domain has room for another account.
 */
#ifndef USER_ROOM_H
#define USER_ROOM_H

#include "err.h"
#include "subject.h"
#include "user_files.h"

/* ERR_EXISTS: there is one of that name.  ERR_REFUSED: max-users are there, or
 * only root could make it. */
int	user_room_check(const struct subject *subject,
	    const struct user_files *files, struct err *err);

/* The same without reading the files as a whole. */
int	user_room_look(const struct subject *subject, struct err *err);

#endif
