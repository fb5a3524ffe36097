/* check_installation.c: findings of the installation as a whole. */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "ident.h"
#include "log.h"
#include "name.h"
#include "scope.h"
#include "spool.h"

static void
check_user(struct check *check, const char *setting, const char *user)
{
	struct ident who;
	struct err err;

	if (ident_of_user(slice_of(user), &who, &err) == -1)
		finding(&check->found, setting,
		    "%s: make the user, or name another one", err.text);
	else if (ident_is_forbidden(who))
		finding(&check->found, setting,
		    "must not be root: name another user");
}

static void
check_sendmail(struct check *check)
{
	struct slice rest = slice_of(check->call->in.conf.sendmail),
	    word = { 0 };

	slice_cut(&rest, ' ', &word);
	const char *program = installation_path(&check->call->in,
	    &check->call->pool, pool_dup(&check->call->pool, word));
	if (access(program, X_OK) == -1)
		finding(&check->found, "sendmail",
		    "%s: %s: install a mail system, or name its sendmail in "
		    "vmail.conf", program, strerror(errno));
}

static void
check_log(struct check *check)
{
	struct err err;

	if (log_open("vadmin", check->call->in.conf.log, &err) == -1)
		finding(&check->found, "log", "%s", err.text);
	if (log_open("vadmin", "stderr", &err) == -1)
		return;
}

/* Programs make its last directory alone. */
static void
check_state(struct check *check)
{
	struct pool *pool = &check->call->pool;
	struct slice path = slice_of(installation_path(&check->call->in, pool,
	    check->call->in.conf.state));
	struct stat st;

	while (path.len > 1 && slice_ends(path, "/"))
		path.len--;
	ptrdiff_t slash = slice_find_last(path, '/');
	if (slash <= 0 || stat(pool_dup(pool, path), &st) == 0)
		return;
	const char *parent = pool_dup(pool,
	    (struct slice){ path.p, (size_t)slash });
	if (stat(parent, &st) == -1)
		finding(&check->found, "state", "%s: %s: make it (mkdir -p)",
		    parent, strerror(errno));
}

/* A file that was meant to be a domain's, and is never looked for. */
static void
check_names(struct check *check)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(check->call->in.dir, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		struct slice file = slice_of(entry->d_name);
		if (!slice_starts(file, "domain.") &&
		    !slice_starts(file, "passwd."))
			continue;
		if (!name_is_domain(slice_from(file, 7)))
			finding(&check->found, entry->d_name,
			    "nobody looks for this file: a domain's name is in "
			    "lower case, and in A-labels (xn--)");
		check->has_a_labels = check->has_a_labels ||
		    strstr(entry->d_name, "xn--") != NULL;
	}
}

static void
check_vidn(struct check *check)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct err err;

	if (check->has_a_labels &&
	    name_canonical_domain(SLICE("\xC3\xA4.example"), &name, &err) == -1)
		finding(&check->found, "vidn", "%s", err.text);
}

/* Every program has its own view: one may not know a setting that another
 * one does. */
static void
open_view(struct check *check, enum conf_program program, const char *name,
    struct installation *view)
{
	struct err err;

	if (installation_open(check->call->directory, program, view, &err) == 0)
		return;
	finding(&check->found, name, "%s", err.text);
	drop_installation(view);
}

void
check_installation(struct check *check)
{
	const struct vmail_conf *conf = &check->call->in.conf;
	SCOPED(drop_fd) int spool = -1;
	struct err err;

	open_view(check, PROGRAM_VDELIVER, "vdeliver", &check->vdeliver);
	open_view(check, PROGRAM_VPOP3D, "vpop3d", &check->vpop3d);
	if (spool_open(&check->call->in, &spool, &err) == -1)
		finding(&check->found, "spool", "%s", err.text);
	if (check->call->in.as_root) {
		check_user(check, "command-user", conf->command_user);
		if (conf->sendmail_user[0] != '\0')
			check_user(check, "sendmail-user", conf->sendmail_user);
	}
	check_sendmail(check);
	check_log(check);
	check_state(check);
	check_state_places(check);
	check_address_file(check);
	check_names(check);
	check_vidn(check);
	check_certificate(check);
}
