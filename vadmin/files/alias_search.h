/* alias_search.h: the entries of an alias file that may have a word in them.
 *
 * A file of a million aliases is looked through as bytes, and only what may
 * matter is read as aliases.
 */
#ifndef ALIAS_SEARCH_H
#define ALIAS_SEARCH_H

#include "alias_scan.h"
#include "installation.h"

/* In the order of the file, all entries whose names or members, as they are
 * read, have the word in them, without case, and some others; NULL: all of them.
 * 1 ends it. */
int	alias_search_file(const char *path, int fd, const char *word,
	    alias_extent_visitor *visit, void *arg, struct err *err);

/* The same where somebody else tells what may matter: the first place in text
 * from there on (the beginning of an entry; 0: of another text), len for none. */
typedef size_t alias_search_finder(void *arg, const char *text, size_t from,
	    size_t len);
int	alias_search_by(const char *path, int fd, alias_search_finder *find,
	    void *finds, alias_extent_visitor *visit, void *arg,
	    struct err *err);

/* alias_search_file() of a file by its name, as alias_each(). */
int	alias_search_each(const struct installation *in, const char *file,
	    const char *word, alias_extent_visitor *visit, void *arg,
	    struct err *err);

#endif
