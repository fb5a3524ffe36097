/* language.h: the command LANG (RFC 6856): the languages of replies.
 */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include <stddef.h>

#include "dialogue.h"

/* Without argument: which there are; else the one to go on in. */
void	language_reply(struct dialogue *client, const struct slice *args,
	    size_t count);

#endif
