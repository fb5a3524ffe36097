/* answer_file.h: the text of an automatic answer, as it is handed in. */
#ifndef ANSWER_FILE_H
#define ANSWER_FILE_H

#include "answer_text.h"
#include "err.h"
#include "pool.h"
#include "str.h"

/* The text in the caller's file ("-": standard input), checked as a delivery
 * would: *parsed, which begins empty, is what it understands.  Fields that
 * would not be sent, and that there is no text, are told in a note. */
int	answer_file_take(const char *path, struct pool *pool,
	    struct slice *text, struct answer_text *parsed, struct err *err);

#endif
