/* backup_texts.c: the files of DIR that are a domain's, as they were
 * together. */
#include "backup_texts.h"


#include "entries.h"
#include "fd.h"
#include "file.h"
#include "place.h"
#include "scope.h"

enum { TEXT_MAX = 1 << 30 };

void
drop_texts(struct texts *t)
{
	drop_secret(&t->passwd);
	drop_secret(&t->shadow);
	for (size_t i = 0; i < BACKUP_KINDS; i++)
		drop_str(&t->kinds[i]);
	drop_table(&t->shadows);
	drop_pool(&t->pool);
}

/* --- reading --------------------------------------------------------- */

int
texts_file(const struct installation *in, const char *name, struct str *text,
    bool *there, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	*there = installation_file(in, name, &fd, err) == 0;
	if (!*there)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return file_read(fd, TEXT_MAX, text, err) == -1 ?
	    err_within(err, "%s", name) : 0;
}

static int
read_all(const struct installation *in, const char *name, struct texts *t,
    struct err *err)
{
	SCOPED(drop_fd) int lock = -1;
	bool there;

	if (installation_lock(in, &lock, err) == -1 ||
	    domain_open(in, &t->pool, slice_of(name), &t->domain, err) == -1)
		return -1;
	for (size_t i = 0; place_kinds[i] != NULL; i++)
		if (texts_file(in, pool_format(&t->pool, "%s.%s",
		    place_kinds[i], name), &t->kinds[i], &t->there[i],
		    err) == -1)
			return -1;
	if (texts_file(in, pool_format(&t->pool, "passwd.%s", name),
	    &t->passwd, &there, err) == -1)
		return -1;
	if (!there)
		return err_set(err, ERR_INVALID, "there is no passwd.%s: make "
		    "it, or take domain.%s away", name, name);
	return texts_file(in, pool_format(&t->pool, "shadow.%s", name),
	    &t->shadow, &there, err);
}

/* The first whole line of a name counts. */
static void
list_shadows(struct texts *t)
{
	struct slice rest = str_slice(&t->shadow);
	struct entry entry;

	while (entries_next(&rest, &entry)) {
		if (entry.count != SHADOW_FIELDS)
			continue;
		void **slot = table_at(&t->shadows, pool_lower(&t->pool,
		    entry.field[SHADOW_NAME]));
		if (*slot != NULL)
			continue;
		struct slice *line = pool_alloc(&t->pool, sizeof *line);
		*line = entry.line;
		*slot = line;
	}
}

int
texts_read(const struct installation *in, const char *name, struct texts *t,
    struct err *err)
{
	if (read_all(in, name, t, err) == -1)
		return -1;
	list_shadows(t);
	return 0;
}
