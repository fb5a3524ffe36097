/* answer_parse.h: the file of an automatic answer's text: whether it can be
 * sent.
 */
#ifndef ANSWER_PARSE_H
#define ANSWER_PARSE_H

#include "answer_text.h"

/* ERR_INVALID: one of the Vacation- lines, the file is too long, its charset is
 * not known, or its body is sealed and cannot be sent. */
int	answer_parse(struct slice file, struct answer_text *out,
	    struct err *err);

#endif
