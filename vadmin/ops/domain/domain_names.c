/* domain_names.c: what domains are called: new names, and domain aliases. */
#include "domain_names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "files.h"
#include "link_file.h"
#include "name.h"
#include "ops.h"
#include "scope.h"
#include "subject.h"

/* Names of files get "shadow." before and ".new" behind. */
enum { NAME_ROOM = 240 };

static const char *
file_name(struct call *call, const char *kind, const char *domain)
{
	return pool_format(&call->pool, "%s.%s", kind, domain);
}

static bool
is_link(const struct call *call, const char *file)
{
	struct stat st;

	return change_stat(call->in.dir, file, &st) == 0 && S_ISLNK(st.st_mode);
}

int
domain_given_name(struct call *call, const char *param, const char **out,
    struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	const char *given = call_text(call, param);

	if (name_canonical_domain(slice_of(given), &name, err) == -1)
		return err_within(err, "'%.100s'", given);
	if (name.len > NAME_ROOM)
		return err_set(err, ERR_INVALID,
		    "'%.100s...' is too long for a file's name", given);
	*out = pool_dup(&call->pool, str_slice(&name));
	return 0;
}

int
domain_new_name(struct call *call, const char *param, const char **out,
    struct err *err)
{
	const char *name;

	if (domain_given_name(call, param, &name, err) == -1)
		return -1;
	const char *file = file_name(call, "domain", name);
	if (is_link(call, file))
		return err_set(err, ERR_EXISTS,
		    "%s is a domain alias already: see %s/%s", name,
		    call->in.path, file);
	if (files_exists(call->in.dir, file_name(call, "passwd", name)))
		return err_set(err, ERR_EXISTS, "the domain %s exists already",
		    name);
	*out = name;
	return 0;
}

static int
sync_directory(const struct call *call, struct err *err)
{
	return fsync(call->in.dir) == -1 ? err_sys(err, "sync %s",
	    call->in.path) : 0;
}

int
domain_alias(struct call *call, struct err *err)
{
	struct domain *domain;
	const char *name;

	if (subject_domain(call, "D", &domain, err) == -1 ||
	    domain_new_name(call, "ALIAS", &name, err) == -1)
		return -1;
	const char *file = file_name(call, "domain", name);
	if (files_exists(call->in.dir, file))
		return err_set(err, ERR_EXISTS,
		    "there is a file %s/%s: a domain without accounts, which "
		    "an alias would hide", call->in.path, file);
	/* A copied Linuxconf domain may have no domain.D to lead to. */
	if (!files_exists(call->in.dir, domain->file) &&
	    files_write(&call->in, domain->file, MODE_PUBLIC, SLICE(""),
	    err) == -1)
		return -1;
	if (change_make_link(domain->file, call->in.dir, file, err) == -1)
		return -1;
	return sync_directory(call, err);
}

struct link {
	struct call	*call;
	const char	*file;		/* what may be led to */
};

static int
look_at_link(void *arg, const char *name, bool is_alias, struct err *err)
{
	const struct link *link = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file = pool_format(&pool, "domain.%s", name);

	return !is_alias || !link_file_is(&link->call->in, file, link->file) ?
	    0 : err_set(err, ERR_REFUSED, "the domain alias %s leads to %s/%s: "
	    "take that one away first ('vadmin domain unalias %s')", name,
	    link->call->in.path, link->file, name);
}

int
domain_unalias(struct call *call, struct err *err)
{
	const char *name;

	if (domain_given_name(call, "ALIAS", &name, err) == -1)
		return -1;
	const char *file = file_name(call, "domain", name);
	if (!is_link(call, file))
		return err_set(err, ERR_ABSENT, "%s is no domain alias", name);
	if (domain_each(&call->in, &call->pool, look_at_link,
	    &(struct link){ call, file }, err) == -1)
		return -1;
	if (change_remove(call->in.dir, file, NULL, err) == -1)
		return -1;
	return sync_directory(call, err);
}

