/* linuxconf_domain.c: a domain of a Linuxconf machine. */
#include "linuxconf_domain.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "aliases.h"
#include "belongings.h"
#include "domain_file.h"
#include "domain_set.h"
#include "entries.h"
#include "fd.h"
#include "files.h"
#include "linuxconf_mail.h"
#include "name.h"
#include "old_accounts.h"
#include "scope.h"
#include "spool.h"
#include "unfinished.h"

#define OLD_HOMES	"/vhome/"

/* A domain on its way: what its passwd.D says. */
struct moved {
	const char		*old_name;	/* as it was spelt there */
	const char		*name;		/* canonical */
	struct domain		*domain;
	struct str		 passwd;
	struct old_accounts	 accounts;
};

static void
drop_moved(struct moved *moved)
{
	drop_str(&moved->passwd);
	drop_old_accounts(&moved->accounts);
}

static const char *
etc_name(const struct linuxconf *import, const char *kind, const char *domain)
{
	return old_machine_name(&import->old, "etc/vmail", pool_format(
	    import->pool, "%s.%s", kind, domain));
}

/* --- texts -------------------------------------------------------------- */

/* Homes lay in /vhome; here they may lie elsewhere. */
static void
move_home_fields(const struct linuxconf *import, const struct moved *moved,
    struct str *out)
{
	const char *homes = installation_path(&import->call->in, import->pool,
	    import->call->in.conf.homes);
	struct slice rest = str_slice(&moved->passwd), line;
	struct entry entry;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		struct slice one = line;
		bool is_there = entries_next(&one, &entry) &&
		    entry.count == PASSWD_FIELDS &&
		    slice_starts(entry.field[PASSWD_HOME], OLD_HOMES);
		if (is_there) {
			const char *home = entry.field[PASSWD_HOME].p;
			str_add(out, line.p, (size_t)(home - line.p));
			str_addf(out, "%s/", homes);
			line = slice_from(line, (size_t)(home - line.p) +
			    sizeof OLD_HOMES - 1);
		}
		str_addslice(out, line);
		str_addc(out, '\n');
	}
}

/* A file that is there already is an interrupted import's. */
static int
copy_text(struct linuxconf *import, const struct moved *moved, const char *kind,
    mode_t mode, struct err *err)
{
	const struct installation *in = &import->call->in;
	const char *to = pool_format(import->pool, "%s.%s", kind,
	    moved->name);
	SCOPED(drop_secret) struct str text = { 0 };
	bool there;

	if (old_machine_text(&import->old, pool_format(import->pool, "%s.%s",
	    kind, moved->old_name), in->owner, &text, &there, err) == -1)
		return -1;
	if (!there)
		return 0;
	if (files_write(in, to, mode, str_slice(&text), err) == -1)
		return -1;
	report_taken(&import->report, etc_name(import, kind,
	    moved->old_name), pool_format(import->pool, "%s of %s", kind,
	    moved->name), "%s", "");
	return 0;
}

static int
report_alias(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct linuxconf *import = arg;
	const char *where = pool_format(import->pool, "%s:%u", entry->file,
	    entry->line), *needs = NULL;

	(void)err;
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		if (needs == NULL)
			needs = alias_needs_trust(entry->members[i].kind);
	if (entry->wrong != NULL)
		report_left(&import->report, where, pool_format(import->pool,
		    "alias %s", entry->name), "%s", entry->wrong);
	else if (needs != NULL)
		report_taken(&import->report, where, pool_format(import->pool,
		    "alias %s", entry->name), "it has %s: try whether that "
		    "works on this machine", needs);
	return 0;
}

static int
report_aliases(struct linuxconf *import, const struct moved *moved,
    struct err *err)
{
	const char *file = pool_format(import->pool, "aliases.%s",
	    moved->name);

	return files_exists(import->call->in.dir, file) ?
	    alias_each(&import->call->in, file, report_alias, import, err) :
	    0;
}

/* --- a domain ----------------------------------------------------------- */

/* domain.D makes the name ours, and its mail waits until passwd.D is there. */
static int
begin_domain(struct linuxconf *import, struct moved *moved, struct err *err)
{
	struct call *call = import->call;
	const char *owner = pool_format(import->pool, "owner=%u:%u",
	    (unsigned)getuid(), (unsigned)getgid());
	const struct setting_words settings = { .word = &owner,
	    .count = call->in.as_root ? 0 : 1 };
	const char *file = pool_format(import->pool, "domain.%s",
	    moved->name);

	if (!files_exists(call->in.dir, file) &&
	    copy_text(import, moved, "domain", MODE_PUBLIC, err) == -1)
		return -1;
	if (!files_exists(call->in.dir, file) && domain_file_change(&call->in,
	    moved->name, &settings, err) == -1)
		return -1;
	return domain_open(&call->in, import->pool, slice_of(moved->name),
	    &moved->domain, err);
}

static int
copy_domain(struct linuxconf *import, struct moved *moved, struct err *err)
{
	SCOPED(drop_str) struct str passwd = { 0 };

	if (begin_domain(import, moved, err) == -1 ||
	    domain_set_clear_marks(moved->domain, err) == -1)
		return -1;
	for (size_t i = 0; i < moved->accounts.count; i++)
		moved->accounts.all[i]->domain = moved->domain;
	if (linuxconf_mail(&import->old, moved->old_name, moved->domain,
	    &moved->accounts.by_name, &import->report, err) == -1 ||
	    copy_text(import, moved, "aliases", MODE_PUBLIC, err) == -1 ||
	    copy_text(import, moved, "shadow", MODE_SECRET, err) == -1)
		return -1;
	move_home_fields(import, moved, &passwd);
	return files_write(&import->call->in, pool_format(import->pool,
	    "passwd.%s", moved->name), MODE_PUBLIC, str_slice(&passwd), err);
}

/* Linuxconf's directories had other groups and modes: a login before the first
 * delivery, which mends them too, could not lock its inbox. */
static int
open_directories(struct linuxconf *import, struct moved *moved, struct err *err)
{
	SCOPED(drop_fd) int inboxes = -1;
	SCOPED(drop_fd) int files = -1;

	if (domain_open(&import->call->in, import->pool,
	    slice_of(moved->name), &moved->domain, err) == 0 &&
	    spool_of_domain(moved->domain, true, &inboxes, err) == 0 &&
	    spool_files(moved->domain, true, &files, err) == 0)
		return 0;
	if (err->kind == ERR_TEMPORARY)
		return -1;
	report_left(&import->report, etc_name(import, "passwd",
	    moved->old_name), pool_format(import->pool, "domain %s",
	    moved->name), "%s", err->text);
	return 0;
}

/* A lock file of root's that nobody holds any more would stay for ever: no
 * account can remove it. */
static void
remove_locks(struct linuxconf *import, struct moved *moved)
{
	for (size_t i = 0; i < moved->accounts.count; i++) {
		moved->accounts.all[i]->domain = moved->domain;
		belongings_unlock(moved->accounts.all[i], import->pool);
	}
}

static int
mend_domain(struct linuxconf *import, struct moved *moved, struct err *err)
{
	if (open_directories(import, moved, err) == -1)
		return -1;
	if (moved->domain != NULL)
		remove_locks(import, moved);
	return 0;
}

static bool
is_in_place(const struct linuxconf *import)
{
	return import->old.etc_in_place || import->old.spool_in_place ||
	    import->old.homes_in_place;
}

/* The file of the domain that is one; or NULL.  What is served where it lies
 * may have its passwords elsewhere. */
static const char *
find_link(const struct linuxconf *import, const char *domain)
{
	static const char *const kinds[] = { "passwd", "shadow", "aliases" };
	size_t count = import->old.etc_in_place ? 1 :
	    sizeof kinds / sizeof *kinds;
	struct stat st;

	for (size_t i = 0; i < count; i++)
		if (fstatat(import->old.etc, pool_format(import->pool, "%s.%s",
		    kinds[i], domain), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode))
			return etc_name(import, kinds[i], domain);
	return NULL;
}

/* NULL: it can be taken.  Else *where says what, in the words that come back. */
static const char *
why_not(const struct linuxconf *import, const struct moved *moved,
    const char **where)
{
	if (!name_is_domain(slice_of(moved->name)))
		return "no domain can have this name";
	if (strcmp(moved->name, moved->old_name) != 0 && is_in_place(import))
		return pool_format(import->pool, "domains are lower case "
		    "here: rename its files and directories to %s",
		    moved->name);
	const char *link = find_link(import, moved->old_name);
	if (link == NULL)
		return NULL;
	*where = link;
	return "a symbolic link is not followed: put the file in its place";
}

/* 1: something of this name is on its way here, which is told. */
static int
is_begun(struct linuxconf *import, const struct moved *moved, const char *where,
    struct err *err)
{
	struct unfinished begun;
	int got = unfinished_of_domain(&import->call->in, import->pool,
	    moved->name, false, &begun, err);

	if (got == 1)
		report_left(&import->report, where, pool_format(import->pool,
		    "domain %s", moved->name), "'%s' was interrupted: finish "
		    "it first with 'vadmin %s'", begun.op,
		    unfinished_command(&begun, import->pool));
	return got;
}

/* What is there already is an earlier import's, or served where it lies. */
static int
take_domain(struct linuxconf *import, struct moved *moved, bool there,
    struct err *err)
{
	if ((there ? mend_domain(import, moved, err) :
	    copy_domain(import, moved, err)) == -1)
		return err_within(err, "%s", moved->name);
	return report_aliases(import, moved, err);
}

static int
import_accounts(struct linuxconf *import, struct moved *moved,
    const char *where, struct err *err)
{
	const struct installation *in = &import->call->in;
	const char *what = pool_format(import->pool, "domain %s",
	    moved->old_name);
	bool there = files_exists(in->dir, pool_format(import->pool,
	    "passwd.%s", moved->name));
	bool is_done = there && !import->old.etc_in_place;

	if (is_done)
		report_same(&import->report, where, what,
		    "it is there already, and stays as it is");
	else
		report_taken(&import->report, where, what, "%s", there ?
		    "it is served where it lies" : "");
	old_accounts_read(&moved->accounts, import->pool,
	    str_slice(&moved->passwd), &(struct old_accounts_words){
	    .file = where, .domain = moved->name,
	    .system = str_slice(&import->system),
	    .report = is_done ? NULL : &import->report });
	if (!is_done && take_domain(import, moved, there, err) == -1)
		return -1;
	old_machine_settings(&import->old, moved->old_name, &import->report);
	return old_accounts_keep_uids(&moved->accounts, in, err);
}

int
linuxconf_domain(struct linuxconf *import, const char *old_name,
    struct err *err)
{
	SCOPED(drop_moved) struct moved moved = { .old_name = old_name,
	    .name = pool_lower(import->pool, slice_of(old_name)) };
	const char *where = etc_name(import, "passwd", old_name);

	const char *why = why_not(import, &moved, &where);
	if (why != NULL) {
		report_left(&import->report, where, pool_format(import->pool,
		    "domain %s", old_name), "%s", why);
		return 0;
	}
	int begun = is_begun(import, &moved, where, err);
	if (begun != 0)
		return begun == -1 ? -1 : 0;
	if (old_machine_text(&import->old, pool_format(import->pool,
	    "passwd.%s", old_name), import->call->in.owner, &moved.passwd, NULL,
	    err) == -1)
		return -1;
	return import_accounts(import, &moved, where, err);
}
