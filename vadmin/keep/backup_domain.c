/* backup_domain.c: a domain, or one of its accounts, into a backup. */
#include "backup_domain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "admin_file.h"
#include "aliases.h"
#include "backup_texts.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "grants.h"
#include "name.h"
#include "place.h"
#include "progress.h"
#include "scope.h"
#include "spool.h"
#include "table.h"

enum { AUTO_MAX = 1 << 26 };

/* --- what is the domain's -------------------------------------------- */

static int
write_text(struct backup *b, const struct texts *t, const char *name,
    struct slice text, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return archive_text(&b->archive, pool_format(&pool, "domains/%s/%s",
	    t->domain->name, name), 0600, text, err);
}

struct alias_list {
	const struct domain	*domain;
	struct str		 names;
};

static int
list_alias(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct alias_list *list = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *real;

	if (is_alias && domain_real_name(list->domain->in, &pool,
	    slice_of(name), &real, err) == 0 &&
	    strcmp(real, list->domain->name) == 0)
		str_addf(&list->names, "%s\n", name);
	return 0;
}

static int
write_aliases(struct backup *b, const struct texts *t, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_list list = { .domain = t->domain };
	int got = domain_each(&b->call->in, &pool, list_alias, &list, err);

	if (got == 0 && list.names.len > 0)
		got = write_text(b, t, "domain-aliases",
		    str_slice(&list.names), err);
	drop_str(&list.names);
	return got;
}

static int
tell_includes(void *arg, const struct alias_entry *entry, struct err *err)
{
	const struct texts *t = arg;

	(void)err;
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		if (entry->members[i].kind == ALIAS_INCLUDE)
			note("%s: %s, which %s:%u includes, is not in the "
			    "backup", t->domain->name, entry->members[i].text,
			    entry->file, entry->members[i].line);
	return 0;
}

/* A file of aliases that is in the backup; what it names stays here. */
static void
look_for_includes(struct backup *b, struct texts *t, const char *file,
    struct slice text)
{
	static const char mark[] = ":include:";
	struct err unused;

	if (text.len > 0 && memmem(text.p, text.len, mark,
	    sizeof mark - 1) != NULL)
		alias_each(&b->call->in, file, tell_includes, t, &unused);
}

/* A whole path may lead to the installation's directory, too. */
static const char *
beside_us(const struct installation *in, const char *file)
{
	size_t len = strlen(in->path);

	return strncmp(file, in->path, len) == 0 && file[len] == '/' ?
	    file + len + 1 : file;
}

static int
write_extra(struct backup *b, struct texts *t, struct err *err)
{
	const struct setting_words *extra = &t->domain->conf.extra_aliases;

	for (size_t i = 0; i < extra->count; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		SCOPED(drop_str) struct str text = { 0 };
		const char *file = beside_us(&b->call->in, extra->word[i]),
		    *name = pool_format(&pool, "extra/%s", file);
		struct place place;
		bool there;
		if (!place_parse(pool_format(&pool, "domains/%s/%s",
		    t->domain->name, name), TAR_FILE, &place)) {
			note("%s: %s lies elsewhere, or is more than a file of "
			    "aliases, and is not in the backup",
			    t->domain->name, extra->word[i]);
			continue;
		}
		if (texts_file(&b->call->in, file, &text, &there,
		    err) == -1 || (there && write_text(b, t, name,
		    str_slice(&text), err) == -1))
			return -1;
		look_for_includes(b, t, file, str_slice(&text));
	}
	return 0;
}

/* NAME.auto of no account: those go with their accounts. */
static int
write_auto(struct backup *b, const struct texts *t, int dir, const char *file,
    const struct table *accounts, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct slice name = slice_of(file);
	struct stat st;
	struct err unused;

	if (!slice_ends(name, ".auto"))
		return 0;
	name.len -= 5;
	if (!name_is_account(name) ||
	    table_find(accounts, pool_lower(&pool, name)) != NULL ||
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !admin_file_counts(t->domain, &st) ||
	    file_open(dir, file, O_NOFOLLOW, &fd, &st, &unused) == -1 ||
	    !admin_file_counts(t->domain, &st))
		return 0;
	if (file_read(fd, AUTO_MAX, &text, err) == -1)
		return err_within(err, "%s", file);
	return write_text(b, t, pool_format(&pool, "auto/%.*s", (int)name.len,
	    name.p), str_slice(&text), err);
}

static int
write_autos(struct backup *b, const struct texts *t,
    const struct table *accounts, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	struct dirent *e;
	int fd;

	if (spool_files(t->domain, false, &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		drop_fd(&fd);
		return err_sys(err, "list the files of %s", t->domain->name);
	}
	while (errno = 0, (e = readdir(dir)) != NULL)
		if (write_auto(b, t, dirfd(dir), e->d_name, accounts,
		    err) == -1)
			return -1;
	return errno != 0 ? err_sys(err, "list the files of %s",
	    t->domain->name) : 0;
}

static int
write_kinds(struct backup *b, struct texts *t, struct err *err)
{
	for (size_t i = 0; place_kinds[i] != NULL; i++)
		if (t->there[i] && write_text(b, t, place_kinds[i],
		    str_slice(&t->kinds[i]), err) == -1)
			return -1;
	for (size_t i = 0; place_kinds[i] != NULL; i++)
		if (strcmp(place_kinds[i], "aliases") == 0)
			look_for_includes(b, t, pool_format(&t->pool,
			    "aliases.%s", t->domain->name),
			    str_slice(&t->kinds[i]));
	return write_aliases(b, t, err) == -1 ? -1 : write_extra(b, t, err);
}

/* Of one account: the grants that name it. */
static int
write_grants_of(struct backup *b, const struct texts *t, const char *only,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice name = slice_of(only);

	for (size_t i = 0; place_kinds[i] != NULL; i++) {
		struct slice rest = str_slice(&t->kinds[i]), line;
		struct grant_line grant;
		const char *wrong;
		if (strcmp(place_kinds[i], "grants") != 0)
			continue;
		while (rest.len > 0 && slice_cut(&rest, '\n', &line))
			if (grants_parse(line, &grant, &wrong) == 1 &&
			    (slice_same(grant.owner, name) ||
			    slice_same(grant.who, name))) {
				str_addslice(&text, grant.text);
				str_addc(&text, '\n');
			}
	}
	return text.len == 0 ? 0 : write_text(b, t, "grants",
	    str_slice(&text), err);
}

/* --- its accounts ---------------------------------------------------- */

/* False: the line is nobody's. */
static bool
read_line(struct texts *t, struct pool *pool, const struct entry *entry,
    struct account_lines *out)
{
	uint64_t uid, gid;

	if (entry->count != PASSWD_FIELDS ||
	    !name_is_account(entry->field[PASSWD_NAME]) ||
	    slice_number(entry->field[PASSWD_UID], UINT32_MAX, &uid) == -1 ||
	    slice_number(entry->field[PASSWD_GID], UINT32_MAX, &gid) == -1 ||
	    ident_is_forbidden((struct ident){ (uid_t)uid, (gid_t)gid }))
		return false;
	const struct slice *shadow = table_find(&t->shadows, pool_lower(pool,
	    entry->field[PASSWD_NAME]));
	*out = (struct account_lines){
		.domain = t->domain,
		.name = pool_dup(pool, entry->field[PASSWD_NAME]),
		.passwd = entry->line,
		.shadow = shadow != NULL ? *shadow : (struct slice){ 0 },
		.home = pool_dup(pool, entry->field[PASSWD_HOME]),
		.ident = { (uid_t)uid, (gid_t)gid },
	};
	return true;
}

static void
leave_out(struct backup *b, const char *what, const struct err *err)
{
	note("%s: %s: it is left out", what, err->text);
	b->missing++;
}

/* An account that was deleted meanwhile has taken its mail with it. */
static bool
is_gone(const struct account_lines *lines)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *account;
	struct err err;

	return account_find(lines->domain, &pool, slice_of(lines->name),
	    &account, &err) == -1 && err.kind == ERR_ABSENT;
}

static int
write_account(struct backup *b, const struct account_lines *lines,
    const char *only, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *address = pool_format(&pool, "%s@%s", lines->name,
	    lines->domain->name);
	bool broken;

	if (backup_account(b, lines, &broken, err) == 0)
		return 0;
	if (broken || only != NULL)
		return err_within(err, "%s", address);
	if (!is_gone(lines))
		leave_out(b, address, err);
	return 0;
}

static int
write_accounts(struct backup *b, struct texts *t, const char *only,
    struct table *accounts, struct err *err)
{
	struct slice rest = str_slice(&t->passwd);
	struct entry entry;

	while (entries_next(&rest, &entry)) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		struct account_lines lines;
		void **slot = table_at(accounts, pool_lower(&t->pool,
		    entry.field[PASSWD_NAME]));
		if (*slot != NULL || (only != NULL && !slice_same(
		    entry.field[PASSWD_NAME], slice_of(only))))
			continue;
		*slot = t;
		if (!read_line(t, &pool, &entry, &lines)) {
			note("passwd.%s: the line of '%.*s' is broken: it is "
			    "left out", t->domain->name,
			    (int)entry.field[PASSWD_NAME].len,
			    entry.field[PASSWD_NAME].p);
			b->missing++;
			continue;
		}
		if (write_account(b, &lines, only, err) == -1)
			return -1;
		progress_account(t->domain->name);
	}
	return 0;
}

/* A broken domain never keeps the others out of the archive. */
static int
open_texts(struct backup *b, const char *name, struct texts *t,
    const char *only, struct err *err)
{
	if (texts_read(&b->call->in, name, t, err) == 0)
		return 1;
	if (only != NULL || call_has(b->call, "U@D|D"))
		return -1;
	leave_out(b, name, err);
	return 0;
}

int
backup_domain(struct backup *b, const char *name, const char *only,
    struct err *err)
{
	SCOPED(drop_texts) struct texts t = { 0 };
	struct table accounts = { 0 };
	int got = open_texts(b, name, &t, only, err);

	if (got != 1)
		return got;
	got = only != NULL ? write_grants_of(b, &t, only, err) :
	    write_kinds(b, &t, err);
	if (got == 0)
		got = write_accounts(b, &t, only, &accounts, err);
	if (got == 0 && only == NULL)
		got = write_autos(b, &t, &accounts, err);
	drop_table(&accounts);
	return got;
}
