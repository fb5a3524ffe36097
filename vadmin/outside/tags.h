/* tags.h: "name=value; name=value": what DKIM, DMARC and MTA-STS write into
 * the DNS (RFC 6376, 3.2).
 */
#ifndef TAGS_H
#define TAGS_H

#include <stdbool.h>

#include "str.h"

/* The value of a tag, without blanks at its ends.  False: there is none. */
bool	tag_value(struct slice text, const char *name, struct slice *value);

#endif
