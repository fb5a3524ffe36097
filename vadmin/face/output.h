/* output.h: what vadmin prints: tables for people, tab-separated records for
 * scripts (when standard output is no terminal), one record a line; or one JSON
 * object for programs.
 *
 * What is dangerous to print is escaped (clean.h).  In JSON what is UTF-8 stands
 * as it is, or as \uHHHH where a terminal would obey it; only a text that is
 * not has its bytes, and its backslashes, in that form.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>

#include "err.h"
#include "sheet.h"
#include "str.h"

enum output_form {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	/* of each sheet the first column alone: for who completes words */
	OUTPUT_FIRST_COLUMN,
};
void	output_form(enum output_form form);
bool	output_is_json(void);

/* Of the first columns only what begins with this is printed, and behind that
 * (borrowed, both). */
void	output_column(const char *behind, const char *prefix);

/* What is printed from now on is thrown away, notes excepted. */
void	output_mute(bool mute);

/* Notes from now on are kept from who calls. */
void	output_hush(bool hush);

/* Whether a person reads it: then a sheet has heads and columns, and an
 * operation may show bars and units. */
bool	output_is_for_people(void);

/* In JSON an array of objects with the heads for keys, in lower case; one
 * object for the columns of "show". */
void	sheet_print(const struct sheet *sheet);

/* One line of text as it is, cleaned; all lines of a text; a text that is made
 * for people, as it is. */
void	output_line(struct slice text);
void	output_lines(struct slice text);
void	output_text(struct slice text);

/* To the person at the keyboard: on standard error, or in the object. */
void	output_note(struct slice text);

/* Why it failed: the word for the kind, and the text. */
void	output_error(const char *kind, struct slice text);

/* The writing of all that was printed; a full disk is an error. */
int	output_end(struct err *err);

#endif
