/* forward_file.h: files/D/U.forward, where an account's mail goes instead. */
#ifndef FORWARD_FILE_H
#define FORWARD_FILE_H

#include <stdbool.h>

#include "account.h"
#include "err.h"
#include "settings.h"

/* One address a word; keep: a copy stays.  ERR_INVALID: one is no address. */
int	forward_file_write(const struct account *account,
	    const struct setting_words *addresses, bool keep,
	    struct err *err);

/* Whether they can be written. */
int	forward_file_check(const struct account *account,
	    const struct setting_words *addresses, struct err *err);

int	forward_file_remove(const struct account *account, struct err *err);

#endif
