/* user_delete.h: accounts taken away by other operations. */
#ifndef USER_DELETE_H
#define USER_DELETE_H

#include "account.h"
#include "operation.h"

/* One that a restore has brought goes to the trash, with what it has by now;
 * nobody takes its place. */
int	user_delete_brought(struct call *call, const struct account *account,
	    struct err *err);

#endif
