/* settings.h: "name = value" files, driven by a table.
 *
 * One row per setting; the struct, the sample file, the manual page and the
 * complaint about a typo all come from the rows.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "pool.h"
#include "str.h"

/* value is trimmed; text that is kept goes into pool.  The error's text is
 * what is wrong with the value ("'9x' is not a number of bytes"). */
struct setting;
typedef int setting_parser(const struct setting *row, struct pool *pool,
	    struct slice value, void *field, struct err *err);

struct setting {
	const char		*name;
	setting_parser		*parse;
	/* of the field in the caller's struct */
	size_t			 offset;
	/* the default, as one would write it */
	const char		*preset;
	const char		*help;		/* one sentence; for people */
	/* setting_word: the choices, NULL-ended */
	const char *const	*words;
	/* setting_number, _size, _kilobytes, _seconds */
	uint64_t		 min, max;
	/* programs that do not have it yet: see settings_refused() */
	unsigned		 refused_by;
};

/* The types.  Each names its field's C type. */
setting_parser	setting_text;		/* const char *, may be empty */
setting_parser	setting_list;		/* struct setting_words */
/* bool: yes, no (also on/off, true/false, 1/0) */
setting_parser	setting_flag;
setting_parser	setting_word;		/* int: the index in words */
setting_parser	setting_number;		/* uint64_t */
setting_parser	setting_size;		/* uint64_t bytes; k, M, G */
/* uint64_t bytes; a bare number is kB */
setting_parser	setting_kilobytes;
setting_parser	setting_seconds;	/* uint64_t seconds; s, m, h, d */

struct setting_words {
	const char	**word;			/* in the pool */
	size_t		  count;
};

const struct setting *settings_row(const struct setting *table,
	    struct slice name);

/* One value into its field. */
int	settings_set(const struct setting *row, struct pool *pool,
	    struct slice value, void *conf, struct err *err);

/* All presets.  A preset is part of the program: it cannot be wrong. */
void	settings_preset(const struct setting *table, struct pool *pool,
	    void *conf);

/* Where a file sets each row of its table: line numbers, 0 = it does not. */
enum { SETTINGS_ROWS = 64 };
struct settings_lines {
	unsigned	of[SETTINGS_ROWS];
};

/* Reads the file into conf, over what is there.  The first error ends it:
 * ERR_INVALID, "FILE:LINE: text". */
int	settings_read(const struct setting *table, struct pool *pool, int fd,
	    const char *file, void *conf, struct settings_lines *lines,
	    struct err *err);

/* The first row that the file sets, that program (a bit) does not have yet and
 * whose value is not the preset; NULL when there is none. */
const struct setting *settings_refused(const struct setting *table,
	    const struct settings_lines *lines, const void *conf, size_t size,
	    unsigned program);

/* The file's text with the setting's line changed, or added at the end:
 * comments and order stay. */
void	settings_edit(struct slice text, const char *name, struct slice value,
	    struct str *out);

/* A commented sample of all rows. */
void	settings_sample(const struct setting *table, struct str *out);

#endif
