/* tags.h: "name=value; name=value": what DKIM, DMARC and MTA-STS write into
 * the DNS (RFC 6376, 3.2).
 */
#ifndef TAGS_H
#define TAGS_H

#include <stdbool.h>

#include "str.h"

/* The value of a tag, without blanks at its ends.  False: there is none. */
bool	tag_value(struct slice text, const char *name, struct slice *value);

/* Whether a text says first of all that it is of this version ("DMARC1"), in
 * these very letters; else nobody reads it. */
bool	tag_version(struct slice text, const char *version);

#endif
