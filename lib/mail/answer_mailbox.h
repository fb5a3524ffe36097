/* answer_mailbox.h: how an automatic answer writes a mailbox: "name <address>",
 * one of them whatever is in the name.
 */
#ifndef ANSWER_MAILBOX_H
#define ANSWER_MAILBOX_H

#include <stdbool.h>

#include "address_list.h"
#include "str.h"

/* Adds it; the name is decoded first.  "": the address alone. */
void	answer_add_mailbox(struct slice name, const char *address,
	    struct str *out);

/* The same of one that somebody wrote, in a spelling of ours; its address to
 * bare, too, if that is not NULL.  False: nothing is added, because it has no
 * domain, or others would not read it as we do. */
bool	answer_add_listed(const struct listed *listed, struct str *out,
	    struct str *bare);

/* Whether it can stand before an address: a name that is not quoted may hold
 * what a phrase cannot. */
bool	answer_is_phrase(struct slice name);

#endif
