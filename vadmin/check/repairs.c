/* repairs.c: what fsck --repair does about findings. */
#include "repairs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "belongings.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "grant_file.h"
#include "scope.h"
#include "trash.h"
#include "user_files.h"

/* --- aside ----------------------------------------------------------- */

/* The same all the while: lines of one file stay together. */
static const char *
stamp(void)
{
	static char text[64];
	time_t now = time(NULL);
	struct tm tm;

	if (text[0] == '\0' && gmtime_r(&now, &tm) != NULL) {
		strftime(text, sizeof text, "fsck-%Y%m%dT%H%M%SZ", &tm);
	}
	return text;
}

/* Where that name is taken (two things of one name), another one. */
int
repair_aside(int dir, const char *name, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	for (int i = 0; i < 100; i++)
		if (trash_put(dir, name, i == 0 ? pool_format(&pool, "%s.%s",
		    name, stamp()) : pool_format(&pool, "%s.%s.%d", name,
		    stamp(), i), err) == 0)
			return 0;
		else if (err->kind != ERR_EXISTS)
			return -1;
	return -1;
}

int
repair_keep_line(const struct installation *in, const char *file,
    struct slice line, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_secret) struct str text = { 0 };
	SCOPED(drop_fd) int trash = -1;
	SCOPED(drop_fd) int fd = -1;
	const char *name = pool_format(&pool, "%s.%s", file, stamp());

	if (dir_make(in->dir, ".trash", 0700, &trash, err) == -1)
		return -1;
	if (file_open(trash, name, O_NOFOLLOW, &fd, NULL, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
	} else if (file_read(fd, 1 << 30, &text, err) == -1)
		return -1;
	str_addslice(&text, line);
	str_addc(&text, '\n');
	return file_replace(trash, name, MODE_SECRET, str_slice(&text), err);
}

/* --- modes and owners ------------------------------------------------ */

int
repair_mode(int fd, mode_t mode, struct err *err)
{
	return fchmod(fd, mode) == -1 ? err_sys(err, "chmod") : 0;
}

int
repair_directory(const struct domain *domain, int fd, struct err *err)
{
	bool shared = domain->in->as_root && !domain->one_owner;
	uid_t uid = domain->one_owner ? domain->owner.uid : 0;

	if (domain->in->as_root && fchown(fd, uid, domain->owner.gid) == -1)
		return err_sys(err, "chown");
	return repair_mode(fd, shared ? 03770 : 0700, err);
}

/* --- inboxes --------------------------------------------------------- */

static int
open_place(const struct account *account, struct pool *pool, int *parent,
    const char **name, struct err *err)
{
	const char *path;

	belongings_inbox(account, pool, &path, name);
	return dir_open(AT_FDCWD, path, parent, err);
}

int
repair_inbox_aside(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int parent = -1;
	const char *name;

	return open_place(account, &pool, &parent, &name, err) == -1 ? -1 :
	    repair_aside(parent, name, err);
}

/* An account can lay a file of root's there that root left in its home; what is
 * no mail is not for it to read. */
static bool
is_mail(int fd)
{
	char start[5];
	ssize_t n = fd_pread(fd, start, sizeof start, 0);

	return n == 0 || (n == sizeof start && memcmp(start, "From ",
	    sizeof start) == 0);
}

static int
give(const struct account *account, int parent, const char *name,
    bool *given, struct err *err)
{
	struct ident who = account_identity(account);
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	*given = false;
	if (file_open(parent, name, O_NOFOLLOW, &fd, &st, err) == -1 ||
	    st.st_uid != 0 || st.st_nlink != 1 || !is_mail(fd))
		return 0;
	if (fchown(fd, who.uid, who.gid) == -1 || fchmod(fd, 0600) == -1)
		return err_sys(err, "chown %s", name);
	*given = true;
	return 0;
}

int
repair_inbox_owner(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int parent = -1;
	const char *name;
	bool given;

	if (open_place(account, &pool, &parent, &name, err) == -1 ||
	    give(account, parent, name, &given, err) == -1)
		return -1;
	return given ? 0 : repair_aside(parent, name, err);
}

/* --- lines ----------------------------------------------------------- */

struct sifted {
	const struct installation	*in;
	const char			*file;
	struct slice			 name;
	size_t				 keep;	/* whole lines of the name */
	size_t				 fields;
	struct str			 out;
};

/* Lines of the name behind the first ones go to the trash. */
static int
sift(struct sifted *s, struct slice text, struct err *err)
{
	struct slice rest = text, line;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		struct slice one = line;
		struct entry entry;
		bool is_its = entries_next(&one, &entry) &&
		    slice_same(entry.field[0], s->name) &&
		    entry.count == s->fields;
		if (is_its && s->keep == 0) {
			if (repair_keep_line(s->in, s->file, line, err) == -1)
				return -1;
			continue;
		}
		s->keep -= is_its;
		str_addslice(&s->out, line);
		if (line.p + line.len < text.p + text.len)
			str_addc(&s->out, '\n');
	}
	return 0;
}

static int
sift_file(struct sifted *s, mode_t mode, struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };

	int got = files_read(s->in, s->file, &text, NULL, err);
	if (got == 0)
		got = sift(s, str_slice(&text), err);
	if (got == 0 && s->out.len != text.len)
		got = files_write(s->in, s->file, mode, str_slice(&s->out),
		    err);
	drop_secret(&s->out);
	return got;
}

int
repair_double_lines(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct sifted s = {
		.in = account->domain->in, .name = slice_of(account->name),
		.file = pool_format(&pool, "passwd.%s", account->domain->name),
		.keep = 1, .fields = PASSWD_FIELDS,
	};

	return sift_file(&s, MODE_PUBLIC, err);
}

int
repair_shadow(const struct domain *domain, const char *name, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct sifted s = {
		.in = domain->in, .name = slice_of(name),
		.file = pool_format(&pool, "shadow.%s", domain->name),
		.keep = 0, .fields = SHADOW_FIELDS,
	};

	return sift_file(&s, MODE_SECRET, err);
}

struct kept_grants {
	const struct domain	*domain;
	struct slice		 name;
	int			 result;
	struct err		*err;
};

static void
keep_grant(void *arg, const struct grant_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct kept_grants *k = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)file;
	(void)number;
	if (k->result == 0 && wrong == NULL &&
	    (slice_same(line->owner, k->name) ||
	    slice_same(line->who, k->name)))
		k->result = repair_keep_line(k->domain->in, pool_format(&pool,
		    "grants.%s", k->domain->name), line->text, k->err);
}

int
repair_grants(const struct domain *domain, const char *name, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct kept_grants k = { domain, slice_of(name), 0, err };
	size_t count;

	if (grant_file_each(domain, &pool, keep_grant, &k, err) == -1 ||
	    k.result == -1)
		return -1;
	return grant_file_forget(domain, name, &count, err);
}
