/* user_room.h: whether a domain has room for another account.
 */
#ifndef USER_ROOM_H
#define USER_ROOM_H

#include "err.h"
#include "subject.h"

/* ERR_EXISTS: there is one of that name.  ERR_REFUSED: max-users are there, or
 * only root could make it. */
int	user_room_look(const struct subject *subject, struct err *err);

/* Whether passwd.D is there, and it and shadow.D can be changed. */
int	user_room_files(const struct domain *domain, struct err *err);

#endif
