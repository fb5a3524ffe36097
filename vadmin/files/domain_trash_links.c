/* domain_trash_links.c: the domain aliases of a deleted domain. */
#include "domain_trash_links.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "domain_set.h"
#include "file.h"
#include "files.h"
#include "link_file.h"
#include "scope.h"

struct links {
	const struct domain_trash	*trash;
	struct str			 text;
};

static int
note_link(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct links *links = arg;
	const struct domain_trash *t = links->trash;
	SCOPED(drop_pool) struct pool pool = { 0 };
	char target[PATH_MAX];
	const char *real;

	if (!is_alias || domain_real_name(t->in, &pool, slice_of(name), &real,
	    err) == -1 || strcmp(real, t->name) != 0)
		return 0;
	ssize_t n = change_read_link(t->in->dir, pool_format(&pool, "domain.%s",
	    name), target, sizeof target);
	if (n > 0)
		str_addf(&links->text, "%s %.*s\n", name, (int)n, target);
	return 0;
}

int
domain_trash_note_links(const struct domain_trash *t, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct links links = { .trash = t };
	bool there;

	int done = domain_trash_read(t, DOMAIN_TRASH_LINKS, &links.text, &there, err);
	if (done == 0 && !there) {
		done = domain_each(t->in, &names, note_link, &links, err);
		if (done == 0)
			done = file_replace(t->dir, DOMAIN_TRASH_LINKS, MODE_SECRET,
			    str_slice(&links.text), err);
	}
	drop_str(&links.text);
	return done;
}

int
domain_trash_remove_link(const struct domain_trash *t, const char *alias,
    const char *target, struct err *err)
{
	const char *file = pool_format(t->pool, "domain.%s", alias);

	if (!link_file_is(t->in, file, target))
		return 0;
	if (change_remove(t->in->dir, file, NULL, err) == -1)
		return -1;
	return fsync(t->in->dir) == -1 ? err_sys(err, "sync %s", t->in->path) :
	    0;
}

int
domain_trash_make_link(const struct domain_trash *t, const char *alias, const char *target,
    struct err *err)
{
	const char *file = pool_format(t->pool, "domain.%s", alias);

	if (files_exists(t->in->dir, file) || files_exists(t->in->dir,
	    pool_format(t->pool, "passwd.%s", alias))) {
		if (!link_file_is(t->in, file, target))
			installation_warn(t->in, "%s is something else "
			    "meanwhile: it stays that", alias);
		return 0;
	}
	return link_file_set(t->in, file, target, err);
}
