/* json.h: all that vadmin prints as one JSON object (RFC 8259):
 *
 *	{"result": ..., "lines": [...], "notes": [...]}
 *	{"error": "absent", "text": "...", "notes": [...]}
 */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>

#include "sheet.h"
#include "str.h"

/* A string with its quotes, of valid UTF-8 whatever the text is. */
void	json_string(struct str *out, struct slice text);

void	json_sheet(const struct sheet *sheet);
void	json_line(struct slice text);
void	json_note(struct slice text);

/* Before a question: the notes that it depends on, on standard error; each once,
 * and they stand in the object all the same. */
void	json_show_notes(void);
void	json_error(const char *kind, struct slice text);
void	json_print(FILE *out);

#endif
