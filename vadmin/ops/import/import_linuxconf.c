/* import_linuxconf.c: the virtual e-mail domains of a Linuxconf machine. */
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
#include "file.h"
#include "files.h"
#include "linuxconf_alias.h"
#include "linuxconf_mail.h"
#include "name.h"
#include "old_accounts.h"
#include "old_machine.h"
#include "ops.h"
#include "scope.h"
#include "spool.h"
#include "unfinished.h"

#define OLD_HOMES	"/vhome/"

struct import {
	struct call		*call;
	struct pool		*pool;
	struct report		 report;
	struct old_machine	 old;
	struct str		 system;	/* /etc/passwd */
};

static void
drop_import(struct import *import)
{
	drop_report(&import->report);
	drop_old_machine(&import->old);
	drop_str(&import->system);
}

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
etc_name(const struct import *import, const char *kind, const char *domain)
{
	return old_machine_name(&import->old, "etc/vmail", pool_format(
	    import->pool, "%s.%s", kind, domain));
}

/* --- texts -------------------------------------------------------------- */

/* Homes lay in /vhome; here they may lie elsewhere. */
static void
move_home_fields(const struct import *import, const struct moved *moved,
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
copy_text(struct import *import, const struct moved *moved, const char *kind,
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
	struct import *import = arg;
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
report_aliases(struct import *import, const struct moved *moved,
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
begin_domain(struct import *import, struct moved *moved, struct err *err)
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
copy_domain(struct import *import, struct moved *moved, struct err *err)
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
open_directories(struct import *import, struct moved *moved, struct err *err)
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
remove_locks(struct import *import, struct moved *moved)
{
	for (size_t i = 0; i < moved->accounts.count; i++) {
		moved->accounts.all[i]->domain = moved->domain;
		belongings_unlock(moved->accounts.all[i], import->pool);
	}
}

static int
mend_domain(struct import *import, struct moved *moved, struct err *err)
{
	if (open_directories(import, moved, err) == -1)
		return -1;
	if (moved->domain != NULL)
		remove_locks(import, moved);
	return 0;
}

static bool
is_in_place(const struct import *import)
{
	return import->old.etc_in_place || import->old.spool_in_place ||
	    import->old.homes_in_place;
}

/* The file of the domain that is one; or NULL.  What is served where it lies
 * may have its passwords elsewhere. */
static const char *
find_link(const struct import *import, const char *domain)
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

/* 1: something of this name is on its way here, which is told. */
static int
is_begun(struct import *import, const struct moved *moved, const char *where,
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

static int
import_domain(struct import *import, const char *old_name, struct err *err)
{
	SCOPED(drop_moved) struct moved moved = { .old_name = old_name };
	const struct installation *in = &import->call->in;
	const char *what = pool_format(import->pool, "domain %s", old_name);
	const char *where = etc_name(import, "passwd", old_name);

	moved.name = pool_lower(import->pool, slice_of(old_name));
	if (!name_is_domain(slice_of(moved.name))) {
		report_left(&import->report, where, what,
		    "no domain can have this name");
		return 0;
	}
	if (strcmp(moved.name, old_name) != 0 && is_in_place(import)) {
		report_left(&import->report, where, what, "domains are lower "
		    "case here: rename its files and directories to %s",
		    moved.name);
		return 0;
	}
	int begun = is_begun(import, &moved, where, err);
	if (begun != 0)
		return begun == -1 ? -1 : 0;
	const char *link = find_link(import, old_name);
	if (link != NULL) {
		report_left(&import->report, link, what, "a symbolic link is "
		    "not followed: put the file in its place");
		return 0;
	}
	if (old_machine_text(&import->old, pool_format(import->pool,
	    "passwd.%s", old_name), in->owner, &moved.passwd, NULL,
	    err) == -1)
		return -1;
	bool there = files_exists(in->dir, pool_format(import->pool,
	    "passwd.%s", moved.name));
	bool is_done = there && !import->old.etc_in_place;
	if (is_done)
		report_same(&import->report, where, what,
		    "it is there already, and stays as it is");
	else
		report_taken(&import->report, where, what, "%s", there ?
		    "it is served where it lies" : "");
	old_accounts_read(&moved.accounts, import->pool,
	    str_slice(&moved.passwd), &(struct old_accounts_words){
	    .file = where, .domain = moved.name,
	    .system = str_slice(&import->system),
	    .report = is_done ? NULL : &import->report });
	if (!is_done) {
		if ((there ? mend_domain(import, &moved, err) :
		    copy_domain(import, &moved, err)) == -1)
			return err_within(err, "%s", moved.name);
		if (report_aliases(import, &moved, err) == -1)
			return -1;
	}
	old_machine_settings(&import->old, old_name, &import->report);
	return old_accounts_keep_uids(&moved.accounts, in, err);
}

/* --- all of them -------------------------------------------------------- */

static bool
is_wanted(const struct import *import, const char *domain)
{
	const struct setting_words *wanted = call_list(import->call, "D");

	for (size_t i = 0; i < wanted->count; i++)
		if (slice_same(slice_of(wanted->word[i]), slice_of(domain)))
			return true;
	return wanted->count == 0;
}

/* shadow.D and its like; NULL: another kind of file. */
static const char *
domain_in(const char *name)
{
	static const char *const kinds[] = { "passwd.", "shadow.", "aliases.",
	    "domain.", NULL };

	for (size_t i = 0; kinds[i] != NULL; i++)
		if (slice_starts(slice_of(name), kinds[i]))
			return name + strlen(kinds[i]);
	return NULL;
}

static bool
is_alias(const struct import *import, const char *name)
{
	return slice_starts(slice_of(name), "domain.") &&
	    linuxconf_is_alias(&import->old, domain_in(name));
}

/* When all domains are there that they can lead to.  What lies in its place is
 * served by it. */
static int
import_aliases(struct import *import, const char **names, size_t count,
    struct err *err)
{
	for (size_t i = 0; i < count && !import->old.etc_in_place; i++) {
		if (!is_alias(import, names[i]))
			continue;
		const char *domain = domain_in(names[i]),
		    *to = linuxconf_alias_of(&import->old, domain);
		if (is_wanted(import, to != NULL ? to : domain) &&
		    linuxconf_alias(import->call, &import->old, domain,
		    &import->report, err) == -1)
			return -1;
	}
	return 0;
}

static void
report_other(struct import *import, const char *name)
{
	const char *domain = domain_in(name);

	if (import->old.etc_in_place || name[0] == '.' ||
	    call_has(import->call, "D") || (domain != NULL &&
	    files_exists(import->old.etc, pool_format(import->pool,
	    "passwd.%s", domain))))
		return;
	report_left(&import->report, old_machine_name(&import->old,
	    "etc/vmail", name), name, "%s", domain != NULL ?
	    "there is no passwd file beside it" : "no file of a domain: if "
	    "it has aliases, copy it, and say 'vadmin domain set D "
	    "extra-aliases=FILE'");
}

static int
import_all(struct import *import, struct err *err)
{
	const char **names;
	size_t count, found = 0;

	if (old_machine_list(&import->old, import->old.etc, &names, &count,
	    err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *domain = domain_in(names[i]);
		if (!slice_starts(slice_of(names[i]), "passwd.")) {
			if (!is_alias(import, names[i]))
				report_other(import, names[i]);
			continue;
		}
		if (!is_wanted(import, domain))
			continue;
		found++;
		if (linuxconf_is_alias(&import->old, domain))
			report_left(&import->report, old_machine_name(
			    &import->old, "etc/vmail", names[i]), names[i],
			    "domain.%s is a link: a domain alias, which has "
			    "no accounts of its own", domain);
		else if (import_domain(import, domain, err) == -1)
			return -1;
	}
	if (found == 0)
		return err_set(err, ERR_ABSENT, "%s/etc/vmail has no "
		    "passwd.DOMAIN that is wanted", import->old.path);
	return import_aliases(import, names, count, err);
}

static void
read_system(struct import *import)
{
	SCOPED(drop_fd) int fd = -1;
	struct err unused;

	if (file_open(AT_FDCWD, "/etc/passwd", 0, &fd, NULL, &unused) == 0)
		file_read(fd, 1 << 24, &import->system, &unused);
}

int
import_linuxconf(struct call *call, struct err *err)
{
	SCOPED(drop_import) struct import import = { .call = call,
	    .pool = &call->pool, .report = REPORT_NEW,
	    .old = { .etc = -1, .spool = -1, .homes = -1 } };

	if (old_machine_open(&import.old, &call->pool, &call->in,
	    call_text(call, "DIR"), err) == -1)
		return -1;
	read_system(&import);
	int done = import_all(&import, err);
	report_end(&import.report, call);
	return done;
}
