/* named_conf.h: the zones in the configuration of a BIND name server:
 * named.boot of BIND 4, named.conf of BIND 8 and 9.
 */
#ifndef NAMED_CONF_H
#define NAMED_CONF_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

enum { NAMED_INCLUDES_MAX = 16 };	/* one within another */

struct named;
struct named_reader {
	void	*arg;
	/* A forward zone that the server has (primary, secondary), as it is
	 * written, without a dot at its end; the same one in two views comes
	 * twice. */
	int	(*zone)(void *arg, struct slice name, struct err *err);
	/* "include": to be read by named_read(); path is absolute, or in the
	 * directory that the options name, if any; it may be a pattern. */
	int	(*include)(void *arg, struct named *named, const char *path,
		    struct err *err);
};

/* A zero value but for reader. */
struct named {
	const struct named_reader	*reader;
	struct str			 directory;
	unsigned			 depth;
	bool				 is_boot;	/* BIND 4 */
	/* the error tells file and line already */
	bool				 is_placed;
	/* for the reader: where the statement is that it is told */
	const char			*path;
	unsigned			 line;
};
void	drop_named(struct named *named);

/* Reads the text of a file, which messages call path.  The first file tells
 * which syntax all have.  ERR_INVALID: "PATH:LINE: text". */
int	named_read(struct named *named, const char *path, struct slice text,
	    struct err *err);

#endif
