/* answer_file.h: files of automatic answers, files/D/U.vacation, its index and
 * NAME.auto: replaced whole, whatever somebody has put in their place. */
#ifndef ANSWER_FILE_H
#define ANSWER_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "answer_text.h"
#include "err.h"
#include "pool.h"
#include "str.h"

/* The text in the caller's file ("-": standard input), checked as a delivery
 * would: *parsed, which begins empty, is what it understands.  Fields that
 * would not be sent, and that there is no text, are told in a note. */
int	answer_file_take(const char *path, struct pool *pool,
	    struct slice *text, struct answer_text *parsed, struct err *err);

/* The file dir/name gets the text, the owner and the mode. */
int	answer_file_write(int dir, const char *name, struct slice text,
	    uid_t owner, mode_t mode, struct err *err);

/* Prints it, if it is a plain file with one name.  ERR_ABSENT: there is none. */
int	answer_file_print(int dir, const char *name, struct err *err);

/* *was (may be NULL) tells whether it was there. */
int	answer_file_remove(int dir, const char *name, bool *was,
	    struct err *err);

#endif
