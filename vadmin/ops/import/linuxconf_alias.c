/* linuxconf_alias.c: domain aliases of a Linuxconf machine. */
#include "linuxconf_alias.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "domain.h"
#include "files.h"
#include "link_file.h"
#include "name.h"

#define OLD_DIR	"/etc/vmail/"

enum { STEPS = 8 };

static const char *
file_name(const struct old_machine *old, const char *name)
{
	return pool_format(old->pool, "domain.%s", name);
}

bool
linuxconf_is_alias(const struct old_machine *old, const char *name)
{
	struct stat st;

	return fstatat(old->etc, file_name(old, name), &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* "domain.D", or its whole path; as D is spelt there. */
static const char *
next_of(const struct old_machine *old, const char *name)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(old->etc, file_name(old, name), text,
	    sizeof text);

	if (n == -1)
		return NULL;
	struct slice to = { text, (size_t)n };
	if (slice_starts(to, OLD_DIR))
		to = slice_from(to, strlen(OLD_DIR));
	return slice_starts(to, "domain.") ? pool_dup(old->pool,
	    slice_from(to, strlen("domain."))) : NULL;
}

const char *
linuxconf_alias_of(const struct old_machine *old, const char *name)
{
	int step = 0;

	while (name != NULL && linuxconf_is_alias(old, name))
		name = step++ < STEPS ? next_of(old, name) : NULL;
	if (name == NULL)
		return NULL;
	name = pool_lower(old->pool, slice_of(name));
	return name_is_domain(slice_of(name)) ? name : NULL;
}

/* What is in the way, or NULL; *same: it is there already. */
static const char *
obstacle(struct call *call, const struct old_machine *old, const char *alias,
    const char *to, bool *same)
{
	const struct installation *in = &call->in;
	const char *passwd = pool_format(old->pool, "passwd.%s", to), *real;
	struct err unused;

	*same = false;
	if (!name_is_domain(slice_of(alias)))
		return "no domain can have this name";
	if (!files_exists(in->dir, passwd))
		return pool_format(old->pool, "it leads to %s, which is no "
		    "domain here", to);
	if (domain_real_name(in, old->pool, slice_of(alias), &real,
	    &unused) == 0)
		*same = strcmp(real, to) == 0 && strcmp(alias, to) != 0;
	if (*same || (!files_exists(in->dir, file_name(old, alias)) &&
	    !files_exists(in->dir, pool_format(old->pool, "passwd.%s",
	    alias))))
		return NULL;
	return pool_format(old->pool, "there is something of this name here "
	    "already: see %s/domain.%s", in->path, alias);
}

int
linuxconf_alias(struct call *call, const struct old_machine *old,
    const char *name, struct report *report, struct err *err)
{
	const char *alias = pool_lower(old->pool, slice_of(name)),
	    *where = old_machine_name(old, "etc/vmail", file_name(old, name)),
	    *what = pool_format(old->pool, "domain alias %s", name),
	    *to = linuxconf_alias_of(old, name);
	bool same = false;
	const char *why = to == NULL ? "a domain alias is a link to domain.D "
	    "beside it: 'vadmin domain alias D ALIAS' makes one" :
	    obstacle(call, old, alias, to, &same);

	if (why != NULL) {
		report_left(report, where, what, "%s", why);
		return 0;
	}
	if (same) {
		report_same(report, where, what, "it is there already");
		return 0;
	}
	report_taken(report, where, what, "it leads to %s", to);
	return link_file_set(&call->in, file_name(old, alias),
	    file_name(old, to), err);
}
