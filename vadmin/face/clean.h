/* clean.h: text that is safe to print, whoever wrote it.
 *
 * Control bytes and bytes that are no UTF-8 become \xHH, a backslash \\: what
 * somebody wrote into a file never moves a cursor or begins another record.
 */
#ifndef CLEAN_H
#define CLEAN_H

#include "str.h"

void	clean_add(struct str *out, struct slice text);

#endif
