/* answer_file.h: the text of an automatic answer, as it is handed in. */
#ifndef ANSWER_FILE_H
#define ANSWER_FILE_H

#include "answer_text.h"
#include "err.h"
#include "pool.h"
#include "str.h"

/* The text in the caller's file ("-": standard input; a person at a terminal is
 * told to type), once a delivery would understand it.  It may take long: no lock
 * is held meanwhile. */
int	answer_file_read(const char *path, struct pool *pool,
	    struct slice *text, struct err *err);

/* *parsed, which begins empty, is what a delivery understands of it.  Fields
 * that would not be sent, and that there is no text, are told in a note. */
int	answer_file_take(struct slice text, struct answer_text *parsed,
	    struct err *err);

#endif
