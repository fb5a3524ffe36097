/* side_file.h: small files beside an account: files/D/U.vacation, its index,
 * U.forward, NAME.auto: replaced whole, whatever somebody has put in their
 * place.
 */
#ifndef SIDE_FILE_H
#define SIDE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

/* The file dir/name gets the text, the owner and the mode. */
int	side_file_write(int dir, const char *name, struct slice text,
	    uid_t owner, mode_t mode, struct err *err);

/* Adds it to text, if it is a plain file with one name and not too long. */
int	side_file_read(int dir, const char *name, struct str *text,
	    struct err *err);

/* Prints it, if it is a plain file with one name.  ERR_ABSENT: there is none. */
int	side_file_print(int dir, const char *name, struct err *err);

/* *was (may be NULL) tells whether it was there. */
int	side_file_remove(int dir, const char *name, bool *was,
	    struct err *err);

#endif
