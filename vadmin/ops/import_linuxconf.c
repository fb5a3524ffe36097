/* import_linuxconf.c: the virtual e-mail domains of a Linuxconf machine. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "aliases.h"
#include "belongings.h"
#include "domain_file.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "linuxconf_mail.h"
#include "mem.h"
#include "name.h"
#include "old_machine.h"
#include "ops.h"
#include "scope.h"
#include "spool.h"
#include "uid_mark.h"

#define OLD_HOMES	"/vhome/"

struct import {
	struct call		*call;
	struct pool		*pool;
	struct report		 report;
	struct old_machine	 old;
	struct str		 system;	/* /etc/passwd */
	uid_t			*uids;
	size_t			 count, room;
};

static void
drop_import(struct import *import)
{
	drop_report(&import->report);
	drop_old_machine(&import->old);
	drop_str(&import->system);
	drop_mem(&import->uids);
}

/* A domain on its way: what its passwd.D says. */
struct moved {
	const char		*old_name;	/* as the old machine spelt it */
	const char		*name;		/* canonical */
	struct domain		*domain;
	struct str		 passwd;
	struct table		 accounts;	/* struct account by name */
};

static void
drop_moved(struct moved *moved)
{
	drop_str(&moved->passwd);
	drop_table(&moved->accounts);
}

static const char *
etc_name(const struct import *import, const char *kind, const char *domain)
{
	return old_machine_name(&import->old, "etc/vmail", pool_format(
	    import->pool, "%s.%s", kind, domain));
}

/* --- accounts ----------------------------------------------------------- */

/* What is wrong with a line, as whoever reads it here finds. */
static const char *
wrong_with(const struct entry *entry, struct ident *who)
{
	uint64_t uid, gid;

	if (entry->count != PASSWD_FIELDS || slice_has(entry->line, '\0'))
		return "an account's line has seven fields";
	if (!name_is_account(entry->field[PASSWD_NAME]))
		return "no account can have this name";
	if (slice_number(entry->field[PASSWD_UID], UINT32_MAX, &uid) == -1 ||
	    slice_number(entry->field[PASSWD_GID], UINT32_MAX, &gid) == -1)
		return "user id or group id is not a number";
	*who = (struct ident){ (uid_t)uid, (gid_t)gid };
	return ident_is_forbidden(*who) ? "no account can have user or group "
	    "id 0 or 4294967295: give it another one" : NULL;
}

/* The user of this machine that has the uid; NULL: nobody. */
static const char *
system_user(const struct import *import, uid_t uid)
{
	struct entry entry;
	uint64_t id;

	for (struct slice rest = str_slice(&import->system);
	    entries_next(&rest, &entry); )
		if (entry.count == PASSWD_FIELDS && slice_number(
		    entry.field[PASSWD_UID], UINT32_MAX, &id) == 0 &&
		    id == uid)
			return pool_dup(import->pool,
			    entry.field[PASSWD_NAME]);
	return NULL;
}

static void
remember(struct import *import, struct moved *moved,
    const struct entry *entry, struct ident who)
{
	struct account *account = pool_alloc(import->pool, sizeof *account);

	account->name = pool_dup(import->pool, entry->field[PASSWD_NAME]);
	account->home = pool_dup(import->pool, entry->field[PASSWD_HOME]);
	account->ident = who;
	*table_at(&moved->accounts, account->name) = account;
	mem_room(&import->uids, &import->room, import->count,
	    sizeof *import->uids);
	import->uids[import->count++] = who.uid;
}

static void
report_account(struct import *import, const struct moved *moved,
    const struct entry *entry, unsigned line, struct ident who,
    const char *wrong)
{
	struct pool *pool = import->pool;
	const char *where = pool_format(pool, "%s:%u", etc_name(import,
	    "passwd", moved->old_name), line);
	const char *what = pool_format(pool, "account %.*s@%s",
	    (int)entry->field[PASSWD_NAME].len, entry->field[PASSWD_NAME].p,
	    moved->name);
	const char *other = wrong == NULL ? system_user(import, who.uid) :
	    NULL;

	if (wrong != NULL)
		report_left(&import->report, where, what, "%s", wrong);
	else if (other != NULL)
		report_taken(&import->report, where, what, "its uid %u is "
		    "this machine's user %s, too: give one of them another",
		    (unsigned)who.uid, other);
	else
		report_taken(&import->report, where, what, "%s", "");
}

/* Quietly, where a domain came before: its uids count in any case. */
static void
read_accounts(struct import *import, struct moved *moved, bool quietly)
{
	struct slice rest = str_slice(&moved->passwd), line;
	struct ident who = { 0, 0 };
	struct entry entry;
	unsigned number = 0;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		struct slice one = line;
		number++;
		if (!entries_next(&one, &entry))
			continue;
		const char *name = pool_dup(import->pool,
		    entry.field[PASSWD_NAME]);
		const char *wrong = wrong_with(&entry, &who);
		if (wrong == NULL && table_find(&moved->accounts,
		    name) != NULL)
			wrong = "an earlier line has this account";
		if (wrong == NULL)
			remember(import, moved, &entry, who);
		if (!quietly)
			report_account(import, moved, &entry, number, who,
			    wrong);
	}
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

	if (begin_domain(import, moved, err) == -1)
		return -1;
	for (size_t i = 0; i < moved->accounts.room; i++) {
		struct account *account = moved->accounts.slots[i].value;
		if (moved->accounts.slots[i].key != NULL)
			account->domain = moved->domain;
	}
	if (linuxconf_mail(&import->old, moved->old_name, moved->domain,
	    &moved->accounts, &import->report, err) == -1 ||
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
	for (size_t i = 0; i < moved->accounts.room; i++) {
		struct account *account = moved->accounts.slots[i].value;
		if (moved->accounts.slots[i].key == NULL)
			continue;
		account->domain = moved->domain;
		belongings_unlock(account, import->pool);
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
	if (old_machine_text(&import->old, pool_format(import->pool,
	    "passwd.%s", old_name), in->owner, &moved.passwd, NULL,
	    err) == -1)
		return -1;
	bool there = files_exists(in->dir, pool_format(import->pool,
	    "passwd.%s", moved.name));
	bool is_done = there && !import->old.etc_in_place;
	report_taken(&import->report, where, what, "%s", is_done ?
	    "it is there already, and stays as it is" : there ?
	    "it is served where it lies" : "");
	read_accounts(import, &moved, is_done);
	if (!is_done) {
		if ((there ? mend_domain(import, &moved, err) :
		    copy_domain(import, &moved, err)) == -1)
			return err_within(err, "%s", moved.name);
		if (report_aliases(import, &moved, err) == -1)
			return -1;
	}
	old_machine_settings(&import->old, old_name, &import->report);
	return 0;
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
			report_other(import, names[i]);
			continue;
		}
		if (!is_wanted(import, domain))
			continue;
		found++;
		if (import_domain(import, domain, err) == -1)
			return -1;
	}
	if (found == 0)
		return err_set(err, ERR_ABSENT, "%s/etc/vmail has no "
		    "passwd.DOMAIN that is wanted", import->old.path);
	return import->count == 0 ? 0 : uid_mark_pass(&import->call->in,
	    import->uids, import->count, err);
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
