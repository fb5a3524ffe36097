/* profile.c: what is said of an account beside its lines. */
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "admin_file.h"
#include "compat.h"
#include "fd.h"
#include "scope.h"

#define ROW(name, field, text) { name, setting_text, \
	offsetof(struct profile, field), "", .help = text }

const struct setting profile_settings[] = {
	ROW("first-name", first_name, "The first name."),
	ROW("last-name", last_name, "The last name."),
	ROW("display-name", display_name,
	    "The name in the From of automatic answers; the full name."),
	ROW("address", address,
	    "The From of automatic answers, an address of the domain; U@D."),
	ROW("alternative-address", alternative,
	    "Another address, which is kept as an alias of the domain."),
	ROW("title", title, "The title or position."),
	ROW("mobile", mobile, "The number of the mobile phone."),
	ROW("pager", pager, "The number of the pager."),
	ROW("fax", fax, "The number of the fax."),
	{ 0 }
};

const char *
profile_value(const struct profile *profile, const char *name)
{
	const struct setting *row = settings_row(profile_settings,
	    slice_of(name));

	return *(const char *const *)(const void *)((const char *)profile +
	    row->offset);
}

/* What lies there may be an account's: nothing is opened before it is known
 * not to be. */
int
profile_open(const struct domain *domain, int files, const char *account,
    int *fd, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int got = -1;
	const char *name = pool_format(&pool, "%s.profile", account);
	struct stat st;

	if (fstatat(files, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	if (!admin_file_counts(domain, &st))
		return 0;
	got = compat_open_beneath(files, name, FLAGS, 0);
	if (got == -1 || fstat(got, &st) == -1)
		return err_sys(err, "%s", name);
	if (!admin_file_counts(domain, &st))
		return 0;
	*fd = got;
	got = -1;
	return 1;
}

int
profile_read(int fd, const char *file, struct pool *pool, struct profile *out,
    struct err *err)
{
	struct settings_lines lines = { 0 };
	struct profile got = { 0 };

	settings_preset(profile_settings, pool, &got);
	if (settings_read(profile_settings, pool, fd, file, &got, &lines,
	    err) == -1)
		return -1;
	*out = got;
	return 0;
}
