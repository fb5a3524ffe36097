/* clean.h: text that is safe to print, whoever wrote it.
 *
 * Control bytes and bytes that are no UTF-8 become \xHH, a backslash \\: what
 * somebody wrote into a file never moves a cursor or begins another record.
 */
#ifndef CLEAN_H
#define CLEAN_H

#include <stdbool.h>

#include "str.h"

/* Whether the character at the start of s, of UTF-8, is one that a terminal
 * obeys: a control, or a mark that turns the text behind it around. */
bool	clean_is_control(struct slice s);

void	clean_add(struct str *out, struct slice text);

#endif
