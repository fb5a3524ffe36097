/* backup.c: an account, a domain or all of an installation, into one file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive_write.h"
#include "backup_domain.h"
#include "domain.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "ops.h"
#include "place.h"
#include "progress.h"
#include "scope.h"
#include "step.h"
#include "subject.h"
#include "user_count.h"

enum { TEXT_MAX = 1 << 24 };

static int
write_facts(struct backup *b, const char *of, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	str_addf(&text, "vmail-backup 1\nof %s\nmade %s\nby vadmin " VERSION
	    " on %s\n", of, when, b->call->in.hostname);
	return archive_text(&b->archive, PLACE_FACTS, 0600, str_slice(&text),
	    err);
}

static int
write_installation(struct backup *b, struct err *err)
{
	for (size_t i = 0; place_installation[i] != NULL; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		SCOPED(drop_str) struct str text = { 0 };
		SCOPED(drop_fd) int fd = -1;
		const char *name = place_installation[i];
		if (installation_file(&b->call->in, name, &fd, err) == -1) {
			if (err->kind != ERR_ABSENT)
				return -1;
			continue;
		}
		if (file_read(fd, TEXT_MAX, &text, err) == -1 ||
		    archive_text(&b->archive, pool_format(&pool,
		    "installation/%s", name), 0600, str_slice(&text),
		    err) == -1)
			return err_within(err, "%s", name);
	}
	return 0;
}

static int
write_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	return is_alias ? 0 : backup_domain(arg, name, NULL, err);
}

static int
write_all(struct backup *b, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	user_count_expect(&b->call->in, NULL);
	if (write_facts(b, "all", err) == -1 ||
	    write_installation(b, err) == -1)
		return -1;
	return domain_each(&b->call->in, &pool, write_domain, b, err);
}

static int
write_what(struct backup *b, const char *what, struct err *err)
{
	struct account *account;
	struct domain *domain;

	if (what == NULL)
		return write_all(b, err);
	if (strchr(what, '@') != NULL) {
		if (subject_account(b->call, "U@D|D", &account, err) == -1 ||
		    write_facts(b, pool_format(&b->call->pool, "%s@%s",
		    account->name, account->domain->name), err) == -1)
			return -1;
		progress_expect(1);
		return backup_domain(b, account->domain->name, account->name,
		    err);
	}
	if (subject_domain(b->call, "U@D|D", &domain, err) == -1 ||
	    write_facts(b, domain->name, err) == -1)
		return -1;
	user_count_expect(&b->call->in, domain->name);
	return backup_domain(b, domain->name, NULL, err);
}

static bool
is_ours(struct call *call, const char *word)
{
	struct account *account;
	const char *real;
	struct err unused;

	return strchr(word, '@') != NULL ? subject_account_of_value(call,
	    slice_of(word), &account, &unused) == 0 :
	    domain_real_name(&call->in, &call->pool, slice_of(word), &real,
	    &unused) == 0;
}

/* "backup example.net" is most likely without its FILE, and would write all of
 * every domain into a file of that name. */
static int
check_file(struct call *call, struct err *err)
{
	const char *file = call_text(call, "FILE");

	if (call_text(call, "U@D|D") != NULL || !is_ours(call, file))
		return 0;
	return err_set(err, ERR_INVALID, "FILE is missing: 'vadmin backup %s "
	    "%s.tar' makes a backup of %s; 'vadmin backup ./%s' one of "
	    "everything, in a file of that name", file, file, file, file);
}

/* --- what would be in it -------------------------------------------------- */

struct holding {
	const struct installation	*in;
	size_t				 domains, accounts;
};

static int
count_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct holding *h = arg;

	(void)err;
	h->domains += !is_alias;
	h->accounts += is_alias ? 0 : user_count(h->in, name);
	return 0;
}

static int
tell_holding(struct call *call, struct sheet *sheet, struct err *err)
{
	const char *what = call_text(call, "U@D|D");
	SCOPED(drop_pool) struct pool names = { 0 };
	struct holding h = { .in = &call->in };
	struct account *account;
	struct domain *domain;

	if (what == NULL) {
		if (domain_each(&call->in, &names, count_domain, &h,
		    err) == -1)
			return -1;
		sheet_addf(sheet, "all: domains %zu, accounts %zu", h.domains,
		    h.accounts);
	} else if (strchr(what, '@') != NULL) {
		if (subject_account(call, "U@D|D", &account, err) == -1)
			return -1;
		sheet_addf(sheet, "%s@%s", account->name,
		    account->domain->name);
	} else {
		if (subject_domain(call, "U@D|D", &domain, err) == -1)
			return -1;
		sheet_addf(sheet, "%s: accounts %zu", domain->name,
		    user_count(&call->in, domain->name));
	}
	return 0;
}

/* Mailboxes are not read: it would take as long as the backup. */
static int
foretell(struct call *call, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = step_heads };
	SCOPED(drop_fd) int dir = -1;
	const char *path = call_text(call, "FILE"), *name;
	struct stat st;

	if (archive_place(path, &dir, &name, err) == -1)
		return -1;
	bool there = dir != -1 && fstatat(dir, name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
	sheet_adds(&sheet, there ? "replace" : "make");
	sheet_adds(&sheet, dir == -1 ? "standard output" : path);
	if (tell_holding(call, &sheet, err) == -1)
		return -1;
	sheet_print(&sheet);
	return 0;
}

int
backup(struct call *call, struct err *err)
{
	if (check_file(call, err) == -1)
		return -1;
	if (call->rehearsed)
		return foretell(call, err);
	struct backup b = { .call = call, .archive = ARCHIVE_NONE,
	    .scratch = -1 };
	int done = archive_begin(&b.archive, call_text(call, "FILE"), err);

	if (done == 0)
		done = archive_scratch(&b.archive, &b.scratch, err);
	if (done == 0)
		done = write_what(&b, call_text(call, "U@D|D"), err);
	if (done == 0)
		done = archive_end(&b.archive, err);
	drop_archive(&b.archive);
	drop_fd(&b.scratch);
	if (done == 0 && b.missing > 0)
		return err_set(err, ERR_TEMPORARY, "%zu accounts, domains or "
		    "files could not be read and are not in it: mend what the notes "
		    "say, and make it again", b.missing);
	return done;
}
