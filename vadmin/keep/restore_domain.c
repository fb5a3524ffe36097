/* restore_domain.c: a domain out of a backup. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "domain_set.h"
#include "fd.h"
#include "files.h"
#include "homes.h"
#include "name.h"
#include "progress.h"
#include "restoring.h"
#include "scope.h"
#include "spool.h"

enum { TEXT_MAX = 1 << 30 };

/* --- files of DIR ---------------------------------------------------- */

static bool
is_secret(struct slice kind)
{
	return slice_is(kind, "admins") || slice_is(kind, "grants");
}

static int
put_kind(struct restoring *r, struct slice kind, struct slice text,
    struct err *err)
{
	return restoring_text(&r->call->in, pool_format(&r->pool, "%.*s.%s",
	    (int)kind.len, kind.p, r->from->name), is_secret(kind) ?
	    MODE_SECRET : MODE_PUBLIC, text, err);
}

static bool
is_extra_of(const struct domain *domain, struct slice name)
{
	const struct setting_words *extra = &domain->conf.extra_aliases;

	for (size_t i = 0; i < extra->count; i++)
		if (slice_is(name, extra->word[i]))
			return true;
	return false;
}

/* "aliases.E" of another domain that is here: its mail is not this one's. */
static bool
is_of_another(struct restoring *r, struct slice name)
{
	const char *real;
	struct err unused;

	return slice_starts(name, "aliases.") && domain_real_name(
	    &r->call->in, &r->pool, slice_from(name, strlen("aliases.")),
	    &real, &unused) == 0 && strcmp(real, r->from->name) != 0;
}

static int
put_extra(struct restoring *r, struct slice name, struct slice text,
    struct err *err)
{
	const struct installation *in = &r->call->in;
	const char *file = pool_dup(&r->pool, name);
	bool there;

	if (!is_extra_of(r->domain, name))
		return 0;
	if (files_there(in->dir, file, &there, err) == -1)
		return -1;
	if (there || !is_of_another(r, name))
		return restoring_text(in, file, MODE_PUBLIC, text, err);
	note("%s/%s would be another domain's, and does not come back with %s, "
	    "whose mail waits until that is there or not among its "
	    "extra-aliases", in->path, file, r->from->name);
	return 0;
}

static int
put_auto(struct restoring *r, struct slice name, struct slice text,
    struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	return spool_files(r->domain, true, &dir, err) == -1 ? -1 :
	    restoring_file(r->domain, dir, pool_format(&r->pool, "%.*s.auto",
	    (int)name.len, name.p), MODE_PUBLIC, text, err);
}

static int
put_link(struct restoring *r, struct slice alias, struct err *err)
{
	const struct installation *in = &r->call->in;
	const char *link = pool_format(&r->pool, "domain.%.*s",
	    (int)alias.len, alias.p), *real;

	if (!name_is_domain(alias))
		return err_set(err, ERR_INVALID, "'%.*s' is no domain alias",
		    (int)alias.len, alias.p);
	if (symlinkat(pool_format(&r->pool, "domain.%s", r->from->name),
	    in->dir, link) == 0)
		return fsync(in->dir) == -1 ? err_sys(err, "sync %s",
		    in->path) : 0;
	if (errno != EEXIST)
		return err_sys(err, "make %s/%s", in->path, link);
	if (domain_real_name(in, &r->pool, alias, &real, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
	} else if (strcmp(real, r->from->name) == 0)
		return 0;
	return err_set(err, ERR_EXISTS, "%s/%s is there already and leads "
	    "elsewhere: move it away", in->path, link);
}

static int
put_links(struct restoring *r, struct slice names, struct err *err)
{
	struct slice alias;

	while (names.len > 0 && slice_cut(&names, '\n', &alias))
		if (put_link(r, alias, err) == -1)
			return -1;
	return 0;
}

static int
put_text(struct restoring *r, struct slice text, struct err *err)
{
	struct slice name = r->reader->place.name;

	switch (r->reader->place.part) {
	case PART_KIND:
		return put_kind(r, name, text, err);
	case PART_AUTO:
		return put_auto(r, name, text, err);
	case PART_DOMAIN_ALIASES:
		return put_links(r, text, err);
	default:
		return put_extra(r, name, text, err);
	}
}

/* Without the settings, which come first and alone. */
static int
put_texts(struct restoring *r, bool settings, struct err *err)
{
	archive_seek(r->reader, r->from->at);
	while (r->reader->at < r->from->end) {
		SCOPED(drop_str) struct str text = { 0 };
		const struct place *place = &r->reader->place;
		if (archive_next(r->reader, err) == -1)
			return -1;
		if (place->account.len > 0 || (place->part == PART_KIND &&
		    slice_is(place->name, "domain")) != settings)
			continue;
		if (archive_read_text(r->reader, TEXT_MAX, &text, err) == -1 ||
		    put_text(r, str_slice(&text), err) == -1)
			return -1;
	}
	return 0;
}

/* --- passwd.D and shadow.D ------------------------------------------- */

static void
add_line(struct str *text, struct slice line)
{
	if (line.len == 0)
		return;
	str_addslice(text, line);
	str_addc(text, '\n');
}

static int
put_shadow(struct restoring *r, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };

	for (const struct restored *one = r->first; one != NULL;
	    one = one->next)
		add_line(&text, one->shadow);
	return restoring_text(&r->call->in, pool_format(&r->pool, "shadow.%s",
	    r->from->name), MODE_SECRET, str_slice(&text), err);
}

static int
put_passwd(struct restoring *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	for (const struct restored *one = r->first; one != NULL;
	    one = one->next)
		add_line(&text, one->passwd);
	return files_write(&r->call->in, pool_format(&r->pool, "passwd.%s",
	    r->from->name), MODE_PUBLIC, str_slice(&text), err);
}

/* --- the whole ------------------------------------------------------- */

static int
make_directories(struct restoring *r, struct err *err)
{
	SCOPED(drop_fd) int inboxes = -1;
	SCOPED(drop_fd) int files = -1;
	SCOPED(drop_fd) int homes = -1;

	return domain_set_clear_marks(r->domain, err) == -1 ||
	    spool_of_domain(r->domain, true, &inboxes, err) == -1 ||
	    spool_files(r->domain, true, &files, err) == -1 ? -1 :
	    homes_of_domain(r->domain, &homes, err);
}

static int
put_accounts(struct restoring *r, struct err *err)
{
	for (const struct restored *one = r->first; one != NULL;
	    one = one->next) {
		if (restoring_things(r, one, err) == -1)
			return -1;
		progress_account(r->from->name);
	}
	return 0;
}

/* A copied machine may have had no domain.D; here there is one, so that mail
 * waits until passwd.D is there.  Before it is made the record says that this is
 * a restore: "domain add" would take it for its own. */
static int
open_domain(struct restoring *r, struct err *err)
{
	const struct installation *in = &r->call->in;
	const char *name = pool_format(&r->pool, "domain.%s", r->from->name);
	bool there;

	if (files_there(in->dir, name, &there, err) == -1 ||
	    (!there && restore_record_write(in, r->record, err) == -1) ||
	    put_texts(r, true, err) == -1 ||
	    files_there(in->dir, name, &there, err) == -1)
		return -1;
	if (!there && files_write(in, name, MODE_PUBLIC, SLICE(""), err) == -1)
		return -1;
	return domain_open(in, &r->pool, slice_of(r->from->name), &r->domain,
	    err);
}

static int
look(struct restoring *r, bool *there, struct err *err)
{
	return files_there(r->call->in.dir, pool_format(&r->pool, "passwd.%s",
	    r->from->name), there, err);
}

/* Through a link its files would be another domain's. */
static int
check_alias(struct restoring *r, struct err *err)
{
	const char *name = r->from->name, *real;

	if (domain_real_name(&r->call->in, &r->pool, slice_of(name), &real,
	    err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (strcmp(real, name) == 0)
		return 0;
	return err_set(err, ERR_EXISTS, "%s is a domain alias of %s here: "
	    "take that away first ('vadmin domain unalias %s'), and repeat "
	    "this", name, real, name);
}

int
restoring_check_name(struct restoring *r, struct err *err)
{
	const char *name = r->from->name, *path = r->reader->path;
	bool there;

	if (restoring_check_begun(r, err) == -1 || look(r, &there, err) == -1)
		return -1;
	return !there ? check_alias(r, err) : err_set(err, ERR_EXISTS,
	    "%s is there already: 'vadmin restore %s U@%s' brings back one "
	    "account of it, 'vadmin restore %s D' another domain; or move its "
	    "files away first", name, path, name, path);
}

int
restore_domain(struct restoring *r, struct err *err)
{
	bool there;

	if (look(r, &there, err) == -1)
		return -1;
	if (r->record->begun && there)
		return 0;
	if (restoring_check_name(r, err) == -1)
		return -1;
	if (restoring_collect(r, err) == -1 || open_domain(r, err) == -1 ||
	    restoring_settle(r, err) == -1 ||
	    make_directories(r, err) == -1 || put_shadow(r, err) == -1 ||
	    put_texts(r, false, err) == -1 || put_accounts(r, err) == -1)
		return err_within(err, "%s", r->from->name);
	return put_passwd(r, err);
}
