/* textindex_write.h: indexes made, and carried along with a change of their
 * text.
 *
 * An index is prepared beside the old one while its text is still the old one,
 * and takes its place when the text has its last state: in between it is of
 * another text, and not believed.  Each is a draft of its own: a crash leaves
 * the old index or the new one.
 */
#ifndef TEXTINDEX_WRITE_H
#define TEXTINDEX_WRITE_H

#include "file.h"
#include "textdiff.h"
#include "textindex.h"

struct textindex_entry {
	uint64_t	hash;
	uint64_t	offset;
	uint32_t	line;
	bool		apart;
	bool		some, few;
};

/* What is called so, as it is found; key is that of the hash. */
struct textindex_list {
	uint64_t		 key[2];
	uint32_t		 edition;	/* what all of it has */
	struct textindex_entry	*entry;
	size_t			 count, room;
};

/* For a new index: with a key of its own. */
int	textindex_list_begin(struct textindex_list *list, struct err *err);
void	textindex_list_add(struct textindex_list *list, unsigned kind,
	    struct slice key, struct textindex_place place);
/* The same where it is enough to know some of many: TEXTINDEX_SOME are kept.
 * (A thousand accounts may have one full name.) */
void	textindex_list_add_some(struct textindex_list *list, unsigned kind,
	    struct slice key, struct textindex_place place);
/* The same where it has to be known whether these are all: the first ones are
 * kept, and of a key with more of them textindex_find_few() says so.  They never
 * keep an index from being made. */
void	textindex_list_add_few(struct textindex_list *list, unsigned kind,
	    struct slice key, struct textindex_place place);
void	textindex_list_add_apart(struct textindex_list *list,
	    struct textindex_place place);
void	drop_textindex_list(struct textindex_list *list);

struct textindex_draft {
	struct draft		draft;
	struct textindex_head	head;
};

/* The whole list.  Mode and owner are those of the text.  ERR_FULL: more is
 * called by one name than an index can have. */
int	textindex_prepare(const struct textindex_list *list, int dir,
	    const char *name, const struct stat *text,
	    struct textindex_draft *out, struct err *err);

/* What the index of the old text has, and the list, which has its key and its
 * edition: all of the lines that are new.  1: prepared, 0: there is no room for it. */
int	textindex_carry(const struct textindex *old,
	    const struct textdiff *diff, const struct textindex_list *list,
	    int dir, const char *name, const struct stat *text,
	    struct textindex_draft *out, struct err *err);

/* It is of the text as *text describes it, and takes its place. */
int	textindex_publish(struct textindex_draft *draft,
	    const struct stat *text, struct err *err);
void	drop_textindex_draft(struct textindex_draft *draft);

#endif
