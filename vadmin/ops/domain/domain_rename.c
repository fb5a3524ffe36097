/* domain_rename.c: a domain gets another name, while mail flows.
 *
 * domain.NEW without passwd.NEW is a domain whose mail and logins wait; with
 * domain.D a link to it, D's do, too.  That is the state in which all is moved,
 * and it ends with passwd.NEW in its place.  Every step can be repeated.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "domain_names.h"
#include "domain_rename.h"
#include "domain_set.h"
#include "fd.h"
#include "files.h"
#include "link_file.h"
#include "ops.h"
#include "relocate.h"
#include "scope.h"
#include "subject.h"
#include "unfinished.h"

static const char *
file_of(const struct domain_rename *r, const char *kind, const char *name)
{
	return pool_format(&r->call->pool, "%s.%s", kind, name);
}

/* passwd.D while nobody may read it; shorter than "passwd.", with which names of
 * files and of their drafts begin. */
static const char *
aside(const struct domain_rename *r)
{
	return file_of(r, ".passwd", r->from);
}

/* --- before anything ----------------------------------------------------- */

static int
is_in_the_way(const struct domain_rename *r, const char *file, struct err *err)
{
	return err_set(err, ERR_EXISTS,
	    "%s/%s is there already: move it away first", r->call->in.path,
	    file);
}

static bool
is_alias(const struct domain_rename *r, const char *file)
{
	struct stat st;

	return change_stat(r->call->in.dir, file, &st) == 0 &&
	    S_ISLNK(st.st_mode);
}

static int
is_domain(const struct domain_rename *r, struct err *err)
{
	return err_set(err, ERR_EXISTS, "the domain %s exists already: rename "
	    "or delete that one first", r->to);
}

static int
check_files(const struct domain_rename *r, struct err *err)
{
	const struct installation *in = &r->call->in;
	const char *domain = file_of(r, "domain", r->to), **kinds;
	SCOPED(drop_str) struct str passwd = { 0 };
	bool there;

	if (files_read(in, file_of(r, "passwd", r->from), &passwd, &there,
	    err) == -1)
		return -1;
	if (!there)
		return err_set(err, ERR_TEMPORARY, "%s/passwd.%s is missing: "
		    "bring it back, or say 'vadmin domain add %s' again, if "
		    "that was interrupted", in->path, r->from,
		    r->from);
	bool known = files_exists(in->dir, domain) &&
	    !link_file_is(in, domain, file_of(r, "domain", r->from));
	if (files_exists(in->dir, file_of(r, "passwd", r->to)))
		return is_domain(r, err);
	if (known)
		return is_alias(r, domain) ? err_set(err, ERR_EXISTS, "%s is a "
		    "domain alias of another domain: 'vadmin domain unalias "
		    "%s' takes that name away", r->to, r->to) :
		    is_in_the_way(r, domain, err);
	ptrdiff_t count = domain_set_kinds(in, &r->call->pool, r->to, &kinds,
	    err);
	return count <= 0 ? (int)count :
	    is_in_the_way(r, file_of(r, kinds[0], r->to), err);
}

static int
check_place(const struct domain_rename *r, const struct mailbox_step *place,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (domain_set_open(r->domain, place, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (change_stat(fd, place->name, &st) == -1 ||
	    relocate_is_mark((struct place){ fd, place->name }, NULL))
		return 0;
	return err_set(err, ERR_EXISTS,
	    "%s/%s is there already: move it away first", place->parent,
	    place->name);
}

static int
check_places(const struct domain_rename *r, struct err *err)
{
	struct mailbox_step places[DOMAIN_PLACES];
	struct pool *pool = &r->call->pool;

	/* By the name that it has, for what a refusal says to do. */
	if (domain_set_places(r->domain, pool, r->from, places, err) == -1)
		return -1;
	int count = domain_set_places(r->domain, pool, r->to, places, err);
	for (int i = 0; i < count; i++)
		if (check_place(r, &places[i], err) == -1)
			return -1;
	return count == -1 ? -1 : 0;
}

/* --- the steps ----------------------------------------------------------- */

static int
mode_of(const struct domain_rename *r, const char *file)
{
	struct stat st;

	return fstatat(r->call->in.dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
	    (int)(st.st_mode & 0777) : MODE_PUBLIC;
}

/* From here on NEW is a domain that has no accounts yet, and its mail waits;
 * then D is NEW. */
static int
take_name(const struct domain_rename *r, struct err *err)
{
	const struct installation *in = &r->call->in;
	const char *old = file_of(r, "domain", r->from),
	    *new = file_of(r, "domain", r->to);
	SCOPED(drop_str) struct str text = { 0 };

	if (link_file_is(in, old, new))
		return 0;
	if (files_read(in, old, &text, NULL, err) == -1)
		return -1;
	if (domain_rename_settings(r, &text, err) == -1)
		return -1;
	/* As an alias of D it was a link, which this replaces. */
	if (files_write(in, new, (mode_t)mode_of(r, old), str_slice(&text),
	    err) == -1)
		return -1;
	return link_file_set(in, old, new, err);
}

static int
move_place(const struct domain_rename *r, const struct mailbox_step *old,
    const char *as, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	if (domain_set_open(r->domain, old, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (relocate((struct place){ fd, old->name }, (struct place){ fd, as },
	    pool_format(&r->call->pool, "./%s", as), err) == -1)
		return err_within(err, "%s", old->parent);
	return 0;
}

/* In the order of the innermost, whose way still has the old name, or a mark
 * that leads to the new one. */
static int
move_places(const struct domain_rename *r, struct err *err)
{
	struct mailbox_step old[DOMAIN_PLACES], new[DOMAIN_PLACES];
	struct pool *pool = &r->call->pool;
	int count = domain_set_places(r->domain, pool, r->from, old, err);

	if (count == -1 ||
	    domain_set_places(r->domain, pool, r->to, new, err) != count)
		return -1;
	for (int i = 0; i < count; i++)
		if (move_place(r, &old[i], new[i].name, err) == -1)
			return -1;
	return 0;
}

/* Who was answered in the last hour; safe to lose, and to have. */
static void
move_memory(const struct domain_rename *r)
{
	struct pool *pool = &r->call->pool;
	const char *state = installation_path(&r->call->in, pool,
	    r->call->in.conf.state);

	if (change_is_rehearsed())
		return;
	renameat(AT_FDCWD, pool_format(pool, "%s/auto/%s", state, r->from),
	    AT_FDCWD, pool_format(pool, "%s/auto/%s", state, r->to));
}

static int
move_files(const struct domain_rename *r, struct err *err)
{
	const int dir = r->call->in.dir;
	const char **kinds;
	ptrdiff_t count = domain_set_kinds(&r->call->in, &r->call->pool,
	    r->from, &kinds, err);

	for (ptrdiff_t i = 0; i < count; i++)
		if (domain_set_move(dir, file_of(r, kinds[i], r->from), dir,
		    file_of(r, kinds[i], r->to), err) == -1)
			return err_within(err, "%s", r->call->in.path);
	return count == -1 ? -1 : 0;
}

/* --- the whole ----------------------------------------------------------- */

/* passwd.D goes first of what a delivery or a login reads: who has read nothing
 * yet waits, and who has found an account finds its mail or a mark. */
static int
move_all(const struct domain_rename *r, struct err *err)
{
	const int dir = r->call->in.dir;

	if (take_name(r, err) == -1 || domain_set_move(dir,
	    file_of(r, "passwd", r->from), dir, aside(r), err) == -1 ||
	    move_places(r, err) == -1 || move_files(r, err) == -1 ||
	    domain_rename_records(r, err) == -1 ||
	    domain_rename_homes_in(r, dir, aside(r), "", err) == -1)
		return -1;
	move_memory(r);
	return domain_set_move(dir, aside(r), dir, file_of(r, "passwd", r->to),
	    err);
}

static int
rename_whole(const struct domain_rename *r, struct err *err)
{
	const struct unfinished what = { "domain rename", r->from, r->to, "" };

	/* Also where it is there: each call's entry of the journal has it. */
	if (unfinished_begin(&r->call->in, &what, err) == -1)
		return -1;
	if (move_all(r, err) == -1)
		return err_within(err, "%s is not renamed yet, and its mail "
		    "and logins wait: mend this, and repeat the command",
		    r->from);
	if (domain_rename_others(r, err) == -1)
		return err_within(err, "%s works, but not all that names %s is "
		    "changed: mend this, and repeat the command", r->to,
		    r->from);
	domain_set_renew_indexes(&r->call->in, &r->call->pool, r->from);
	domain_set_renew_indexes(&r->call->in, &r->call->pool, r->to);
	return unfinished_end(&r->call->in, r->from, err);
}

/* The one that was begun.  1: r goes on with it, 0: there is none. */
static int
go_on(struct domain_rename *r, struct err *err)
{
	struct unfinished begun;
	int got = unfinished_find(&r->call->in, &r->call->pool, r->from,
	    &begun, err);

	if (got != 1)
		return got;
	if (strcmp(begun.to, r->to) != 0)
		return err_set(err, ERR_REFUSED, "%s was being renamed to %s: "
		    "finish that first with 'vadmin %s'", r->from, begun.to,
		    unfinished_command(&begun, &r->call->pool));
	return 1;
}

static int
check_free(const struct domain_rename *r, struct err *err)
{
	return check_files(r, err) == -1 || check_places(r, err) == -1 ? -1 : 0;
}

int
domain_rename(struct call *call, struct err *err)
{
	struct domain_rename r = { .call = call };

	if (domain_given_name(call, "D", &r.from, err) == -1 ||
	    domain_given_name(call, "NEW", &r.to, err) == -1)
		return -1;
	int begun = go_on(&r, err);
	if (begun == -1 || subject_domain(call, "D", &r.domain, err) == -1)
		return -1;
	if (begun == 0)
		r.from = r.domain->name;
	if (strcmp(r.from, r.to) == 0) {
		note("%s is its name already", r.to);
		return 0;
	}
	const char *homes = installation_path(&call->in, &call->pool,
	    call->in.conf.homes);
	r.homes_from = pool_format(&call->pool, "%s/%s/", homes, r.from);
	r.homes_to = pool_format(&call->pool, "%s/%s/", homes, r.to);
	if (begun == 0 && check_free(&r, err) == -1)
		return -1;
	if (rename_whole(&r, err) == -1)
		return -1;
	note("%s stays a domain alias: mail and logins of that name reach %s; "
	    "the DNS and certificates for %s are yours to make", r.from, r.to,
	    r.to);
	return 0;
}
