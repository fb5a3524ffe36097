/* domain_lost.c: a domain whose passwd.D is missing, and what it had. */
#include "domain_lost.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "domain.h"
#include "entries.h"
#include "fd.h"
#include "files.h"
#include "name.h"
#include "restore_record.h"
#include "scope.h"
#include "spool.h"

static int
refuse(struct call *call, const char *name, const char *why, struct err *err)
{
	return err_set(err, ERR_REFUSED, "passwd.%s is missing, and %s: bring "
	    "it back, or repeat the restore or the import that was "
	    "interrupted; who means a domain without accounts makes it by "
	    "hand (touch %s/passwd.%s)", name, why, call->in.path, name);
}

static int
has_passwords(struct call *call, const char *name, bool *has, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };
	struct entry entry;
	bool there;

	if (files_read(&call->in, pool_format(&call->pool, "shadow.%s", name),
	    &text, &there, err) == -1)
		return -1;
	struct slice rest = str_slice(&text);
	*has = there && entries_next(&rest, &entry);
	return 0;
}

static bool
is_like_inbox(int dir, const char *name)
{
	struct stat st;

	return name_is_account(slice_of(name)) &&
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static bool
has_inboxes(struct call *call, const char *name)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	struct domain *domain;
	struct dirent *entry;
	struct err unused;
	int fd;

	if (domain_open(&call->in, &call->pool, slice_of(name), &domain,
	    &unused) == -1 ||
	    spool_of_domain(domain, false, &fd, &unused) == -1)
		return false;
	dir = fdopendir(fd);
	if (dir == NULL)
		drop_fd(&fd);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (is_like_inbox(dirfd(dir), entry->d_name))
			return true;
	return false;
}

int
domain_check_lost(struct call *call, const char *name, struct err *err)
{
	bool has;

	if (has_passwords(call, name, &has, err) == -1)
		return -1;
	if (has)
		return refuse(call, name, "its accounts have passwords in "
		    "shadow.D", err);
	/* What "domain add" has begun itself has neither. */
	if (!files_exists(call->in.dir, pool_format(&call->pool, "domain.%s",
	    name)))
		return 0;
	if (restore_record_is_there(&call->in))
		return refuse(call, name, "a restore was interrupted", err);
	return has_inboxes(call, name) ? refuse(call, name, "it has inboxes",
	    err) : 0;
}
