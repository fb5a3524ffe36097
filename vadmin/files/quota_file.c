/* quota_file.c: an account's own limit, spool/D/U.quota. */
#include "quota_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin_file.h"
#include "change.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "limit.h"
#include "param.h"
#include "scope.h"
#include "spool.h"

/* The directory is open to the domain's group: what somebody else put there
 * goes, or the new file would be given to its owner. */
static int
begin(const struct domain *domain, int dir, const char *name,
    struct draft *draft, struct err *err)
{
	struct stat st;
	bool there = change_stat(dir, name, &st) == 0;

	if (!there && errno != ENOENT)
		return err_sys(err, "%s", name);
	if (there && !admin_file_counts(domain, &st)) {
		if (change_remove(dir, name, NULL, err) == -1)
			return -1;
		there = false;
	}
	return draft_begin_like(dir, name, there ? &st : NULL, MODE_PUBLIC,
	    draft, err);
}

void
quota_file_text(struct slice value, struct str *out)
{
	struct setting row = { .name = "quota" };
	struct err unused;
	uint64_t bytes;

	if (setting_kilobytes(&row, NULL, value, &bytes, &unused) == 0)
		str_addf(out, "%llu\n", (unsigned long long)(bytes / 1024));
	else
		str_addf(out, "%.*s\n", (int)value.len, value.p);
}

int
quota_file_write(const struct domain *domain, const char *account,
    struct slice value, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 }, text = { 0 };
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	str_addf(&name, "%s.quota", account);
	if (spool_of_domain(domain, true, &dir, err) == -1)
		return -1;
	if (slice_is(value, "default")) {
		if (change_remove(dir, str_text(&name), NULL, err) == -1)
			return -1;
		return fsync(dir) == -1 ? err_sys(err, "sync the spool") : 0;
	}
	quota_file_text(value, &text);
	if (begin(domain, dir, str_text(&name), &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, text.s, text.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	return draft_commit(&draft, err);
}

int
quota_file_write_in(int dir, const struct domain *domain, const char *account,
    struct slice value, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 }, text = { 0 };
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	str_addf(&name, "%s.quota", account);
	quota_file_text(value, &text);
	if (begin(domain, dir, str_text(&name), &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, text.s, text.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	const struct change change = { .kind = CHANGE_FILE, .dir = dir,
	    .name = draft.name, .fd = draft.fd };
	int go = change_tell(&change, err);
	return go == 1 ? draft_publish(&draft, err) : go;
}

const char *
quota_file_read(const struct domain *domain, const char *account,
    struct pool *pool)
{
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_fd) int fd = -1;
	struct slice rest, word;
	struct stat st;
	struct err unused;

	if (spool_of_domain(domain, false, &dir, &unused) == -1 ||
	    file_open(dir, pool_format(pool, "%s.quota", account), O_NOFOLLOW,
	    &fd, &st, &unused) == -1 || !admin_file_counts(domain, &st) ||
	    file_read(fd, 4096, &text, &unused) == -1)
		return "default";
	rest = str_slice(&text);
	slice_cut(&rest, '\n', &word);
	rest = slice_trim(word);
	return slice_word(&rest, &word) ? pool_dup(pool, word) : "default";
}

/* "10240 kB"; what is no number stands for itself. */
static const char *
with_unit(const char *value, struct pool *pool)
{
	return value[strspn(value, "0123456789")] == '\0' ?
	    pool_format(pool, "%s kB", value) : value;
}

const char *
quota_file_show(const struct account *account, bool people, struct pool *pool)
{
	const char *value = quota_file_read(account->domain, account->name,
	    pool);
	struct limit limit;
	struct err unused;

	if (!people || strcmp(value, "default") != 0 ||
	    limit_read(account, &limit, &unused) == -1)
		return people ? with_unit(value, pool) : value;
	return limit.disabled ? "default (disabled)" :
	    limit.bytes == LIMIT_NONE ? "default (none)" :
	    pool_format(pool, "default (%llu kB)",
	    (unsigned long long)(limit.bytes / 1024));
}
