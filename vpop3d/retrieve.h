/* retrieve.h: a message on its way to the client: CRLF line ends, dots
 * stuffed. */
#ifndef RETRIEVE_H
#define RETRIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maildrop.h"
#include "err.h"
#include "dialogue.h"

/* Sends the reply line "+OK...", the message and the final dot. body_lines: so
 * many lines of the body (TOP); UINT64_MAX: all. -1: it could not be read; when
 * nothing was sent yet, the caller answers, else client->end is set, so that
 * half a message never looks whole.  1: it was sent, and err says what was wrong
 * in what was known of it. */
int	retrieve(struct dialogue *client, struct maildrop *drop, size_t index,
	    uint64_t body_lines, struct err *err);

#endif
