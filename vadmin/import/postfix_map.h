/* postfix_map.h: Postfix's lookup tables, by their texts. */
#ifndef POSTFIX_MAP_H
#define POSTFIX_MAP_H

#include "postfix_conf.h"
#include "report.h"

struct map_entry {
	const char	*key;		/* as it is written */
	const char	*value;
	const char	*file;
	unsigned	 line;
};

/* Of a parameter: all of its tables; of a key the first counts. */
struct postfix_map {
	struct map_entry	**all;		/* without those that do not */
	size_t			 count, room;
	struct table		 by_key;	/* lower case */
	const char		*fixed;		/* static:VALUE */
	size_t			 unread;	/* tables that have no text */
};

enum map_kind {
	MAP_OF_ADDRESSES,
	MAP_OF_NAMES,		/* or a list of names, or of files of them */
	MAP_OF_IDS,		/* or static: */
};

/* Reads what the parameter names: hash:, btree:, cdb:, lmdb:, dbm: and
 * texthash: by the text beside them, and what its kind allows.  Those that
 * cannot be read are wrong in the report, and counted. */
void	postfix_map_read(struct postfix_map *map,
	    const struct postfix_conf *conf, const char *parameter,
	    enum map_kind kind, struct report *report);
void	drop_postfix_map(struct postfix_map *map);

/* The next of the addresses in a value; what is in double quotes is of one. */
bool	postfix_map_word(struct slice *rest, struct slice *word);

const struct map_entry *postfix_map_find(const struct postfix_map *map,
	    const char *key);

/* For an address as virtual(8) asks: the whole, then @domain, then static. */
const char *postfix_map_of(const struct postfix_map *map, const char *address);

#endif
