/* index.c: the indexes beside passwd.D, shadow.D and alias files, asked. */
#include "index.h"

#include <fcntl.h>

#include "index_recall.h"
#include "scope.h"

const char *
index_name(struct pool *pool, const char *file)
{
	struct slice name = slice_of(file);
	size_t at = (size_t)(slice_find_last(name, '/') + 1);

	return pool_format(pool, "%.*s.%s.index", (int)at, file, file + at);
}

/* The file has been replaced since it was opened, or a change is under way that
 * brings the index along: that it does not fit is no news. */
static bool
is_being_changed(const struct installation *in, const char *file,
    const struct stat *opened)
{
	struct stat now;

	return fstatat(in->dir, file, &now, 0) == -1 ||
	    now.st_ino != opened->st_ino || installation_is_changed(in);
}

static bool
do_not_believe(const struct installation *in, struct pool *pool,
    const char *file, const struct err *err)
{
	installation_warn(in, "%s is read as a whole: its index %s is not "
	    "believed: %s: 'vadmin index' makes it anew",
	    installation_path(in, pool, file), index_name(pool, file),
	    err->text);
	return false;
}

/* Members of one that an earlier version has made, or carried along, are not
 * all.  1: answered, 0: it has no answer. */
static int
ask_members(const struct textindex *index, struct slice key,
    struct textindex_places *places, struct err *err)
{
	return textindex_edition(&index->head) < INDEX_EDITION_MEMBERS ? 0 :
	    textindex_find_few(index, INDEX_MEMBER, key, places, err);
}

static int
ask(const struct textindex *index, const struct index_question *question,
    struct textindex_places *places, struct err *err)
{
	if (question->kind == INDEX_MEMBER)
		return ask_members(index, question->key, places, err);
	if (textindex_find(index, question->kind, question->key, places,
	    err) == -1)
		return -1;
	return question->apart && textindex_find_apart(index, places,
	    err) == -1 ? -1 : 1;
}

/* Of a file that is large enough to have one.  What it needs of the stack most
 * files do not. */
static __attribute__((noinline)) bool
ask_it(const struct installation *in, const char *file,
    const struct stat *text, const struct index_question *question,
    struct textindex_places *places)
{
	SCOPED(drop_textindex) struct textindex index = { .fd = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct err err;

	int got = textindex_open(in->dir, index_name(&pool, file), in->owner,
	    text, &index, &err);
	if (got == 1)
		got = ask(&index, question, places, &err);
	if (got == 1) {
		textindex_sort(places);
		return true;
	}
	places->count = 0;
	if (got == 0)
		return false;
	if (err.kind == ERR_ABSENT && is_being_changed(in, file, text))
		return false;
	return do_not_believe(in, &pool, file, &err);
}

bool
index_ask(const struct installation *in, const char *file, int fd,
    const struct index_question *question, struct textindex_places *places)
{
	struct stat text;

	if ((in->conf.index_from == 0 && in->recall == NULL) ||
	    fstat(fd, &text) == -1)
		return false;
	return (in->recall != NULL && index_recall_ask(in->recall, file, &text,
	    question, places)) || (in->conf.index_from != 0 &&
	    (uint64_t)text.st_size >= in->conf.index_from &&
	    ask_it(in, file, &text, question, places)) ||
	    (in->recall != NULL && index_recall_learn(in->recall, file, fd,
	    &text, question, places));
}
