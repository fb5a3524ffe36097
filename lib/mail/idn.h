/* idn.h: internationalized domain names, by a program of its own.
 *
 * Few messages need the conversion, so the library for it (libidn2) is in the
 * program vidn, which is started when a name has bytes beyond ASCII.
 */
#ifndef IDN_H
#define IDN_H

#include "err.h"
#include "str.h"

/* Adds the A-labels of a U-label domain (UTF-8, IDNA 2008 with UTS 46 case
 * folding).  ERR_INVALID: it is no such name.  ERR_TEMPORARY: vidn is missing
 * or failed. */
int	idn_to_ascii(struct slice domain, struct str *out, struct err *err);

#endif
