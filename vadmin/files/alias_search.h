/* alias_search.h: the entries of an alias file that may name something.
 *
 * Its index tells where they are, or a file of a million aliases is looked
 * through as bytes; only what may matter is read as aliases.
 */
#ifndef ALIAS_SEARCH_H
#define ALIAS_SEARCH_H

#include "alias_scan.h"
#include "index.h"
#include "installation.h"

/* In the order of the file, all entries of the name (INDEX_ALIAS), or with a
 * member that may mean the account of that name, of any domain (INDEX_MEMBER),
 * and some others; NULL: all of them.  1 ends it.  file is relative to the
 * installation's directory, and open as fd. */
int	alias_search_file(const struct installation *in, const char *file,
	    int fd, enum index_kind kind, const char *name,
	    alias_extent_visitor *visit, void *arg, struct err *err);

/* The same of a file by its name, as alias_each(). */
int	alias_search_each(const struct installation *in, const char *file,
	    enum index_kind kind, const char *name,
	    alias_extent_visitor *visit, void *arg, struct err *err);

/* Without an index, and somebody else tells what may matter: the first place in
 * text from there on (the beginning of an entry; 0: of another text), len for
 * none. */
typedef size_t alias_search_finder(void *arg, const char *text, size_t from,
	    size_t len);
int	alias_search_by(const char *path, int fd, alias_search_finder *find,
	    void *finds, alias_extent_visitor *visit, void *arg,
	    struct err *err);

#endif
