/* ulabel.h: domain names in the letters of their language, to compare them.
 *
 * The way back from what idn.h makes, by libidn2, without a process for each
 * name: a list may have a hundred thousand.  What comes out is compared with
 * what somebody typed; whether it could be a name is not asked, so it never
 * becomes one.
 */
#ifndef ULABEL_H
#define ULABEL_H

#include "str.h"

/* Adds the text with each A-label in it ("xn--...", RFC 3492) as the letters
 * that it stands for: "info@xn--mller-kva.example" as
 * "info@müller.example".  What is no A-label stays as it is.  False: there
 * was none. */
bool	ulabel_add(struct str *out, struct slice text);

#endif
