/* domain_ops.c: operations on domains. */
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "admin_ops.h"
#include "administrators.h"
#include "domain_file.h"
#include "domain_lost.h"
#include "domain_make.h"
#include "domain_names.h"
#include "domain_set.h"
#include "domain_warn.h"
#include "fd.h"
#include "files.h"
#include "homes.h"
#include "mailbox.h"
#include "ops.h"
#include "output.h"
#include "param.h"
#include "pattern.h"
#include "scope.h"
#include "spool.h"
#include "subject.h"
#include "user_count.h"

static const char *
file_name(struct call *call, const char *kind, const char *domain)
{
	return pool_format(&call->pool, "%s.%s", kind, domain);
}

static int
write_if_missing(struct call *call, const char *kind, const char *domain,
    mode_t mode, const char *text, struct err *err)
{
	const char *name = file_name(call, kind, domain);

	if (files_exists(call->in.dir, name))
		return 0;
	return files_write(&call->in, name, mode, slice_of(text), err);
}

static int
write_aliases(struct call *call, const char *domain, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_addf(&text, "# Aliases of %s; see vmail-aliases(5) and vadmin(8).\n", domain);
	if (strcmp(domain, call->in.main_domain) != 0)
		str_addf(&text, "postmaster: postmaster@%s\n",
		    call->in.main_domain);
	else
		note("%s is the main domain: say who its postmaster is with "
		    "'vadmin alias add postmaster@%s ACCOUNT'", domain, domain);
	return write_if_missing(call, "aliases", domain, MODE_PUBLIC,
	    str_text(&text), err);
}

/* Without root nobody else's mail could be written: the domain's one owner is
 * whoever makes it, unless something else was said. */
static const struct setting_words *
settings_for_new(struct call *call, const struct setting_words *given)
{
	if (call->in.as_root || domain_assigns(given, "owner"))
		return given;
	struct setting_words *all = pool_alloc(&call->pool, sizeof *all);
	all->word = pool_alloc(&call->pool,
	    (given->count + 1) * sizeof *all->word);
	if (given->count > 0)
		memcpy(all->word, given->word,
		    given->count * sizeof *all->word);
	all->word[given->count] = pool_format(&call->pool, "owner=%u:%u",
	    (unsigned)getuid(), (unsigned)getgid());
	all->count = given->count + 1;
	return all;
}

static int
make_directories(struct call *call, const char *name, struct err *err)
{
	struct domain *domain;
	SCOPED(drop_fd) int inboxes = -1;
	SCOPED(drop_fd) int files = -1;
	SCOPED(drop_fd) int homes = -1;

	if (domain_open(&call->in, &call->pool, slice_of(name), &domain,
	    err) == -1 || domain_set_clear_marks(domain, err) == -1 ||
	    spool_of_domain(domain, true, &inboxes, err) == -1 ||
	    spool_files(domain, true, &files, err) == -1)
		return -1;
	return homes_of_domain(domain, &homes, err);
}

/* domain.D makes the name ours; until passwd.D is there, which comes last,
 * its mail waits.  So no state in between loses or bounces anything. */
int
domain_make(struct call *call, const char *name,
    const struct setting_words *settings, struct err *err)
{
	SCOPED(drop_administrators) struct administrators admins = { 0 };
	SCOPED(drop_fd) int spool = -1;

	if (spool_open(&call->in, &spool, err) == -1 ||
	    administrators_read_new(&call->in, &call->pool, name, &admins,
	    err) == -1)
		return -1;
	if (domain_file_change(&call->in, name, settings_for_new(call,
	    settings), err) == -1 || write_if_missing(call, "shadow", name,
	    MODE_SECRET, "", err) == -1 ||
	    administrators_begin(&admins, err) == -1 ||
	    write_aliases(call, name, err) == -1 ||
	    make_directories(call, name, err) == -1)
		return -1;
	if (write_if_missing(call, "passwd", name, MODE_PUBLIC, "", err) == -1)
		return -1;
	admin_tell_missing(call, name);
	return 0;
}

int
domain_add(struct call *call, struct err *err)
{
	const char *name;

	if (domain_new_name(call, "D", &name, err) == -1 ||
	    domain_check_lost(call, name, err) == -1)
		return -1;
	if (domain_make(call, name, call_list(call, "NAME=VALUE"), err) == -1)
		return -1;
	domain_warn(call, name, call_list(call, "NAME=VALUE"));
	return 0;
}

int
domain_set(struct call *call, struct err *err)
{
	const struct setting_words *settings = call_list(call, "NAME=VALUE");
	const char *name;

	/* Not domain_open(): what is broken in the file may be what gets
	 * set. */
	if (domain_real_name(&call->in, &call->pool,
	    slice_of(call_text(call, "D")), &name, err) == -1)
		return -1;
	if (domain_file_change(&call->in, name, settings, err) == -1)
		return -1;
	domain_warn(call, name, settings);
	if (domain_assigns(settings, "owner") ||
	    domain_assigns(settings, "gid"))
		note("directories and inboxes that are there keep their owner "
		    "and group: see 'vadmin check %s'", name);
	if (domain_assigns(settings, "inbox") && user_count(&call->in,
	    name) > 0)
		note("inboxes that are there stay where they are, and new mail "
		    "goes to the new place: move them; 'vadmin check %s' tells "
		    "those in the old one", name);
	if (domain_assigns(settings, "co-administration"))
		admin_tell_missing(call, name);
	return 0;
}

/* A domain whose file is broken is not known to be as it should. */
static bool
is_locked(struct call *call, const char *name, bool locked)
{
	struct domain *domain;
	struct err unused;

	return domain_open(&call->in, &call->pool, slice_of(name), &domain,
	    &unused) == 0 && domain->conf.lock_retrieval == locked;
}

static int
lock_retrieval(struct call *call, bool lock, struct err *err)
{
	const char *assignment = lock ? "lock-retrieval=yes" :
	    "lock-retrieval=no";
	const struct setting_words one = { .word = &assignment, .count = 1 };
	const char *name;

	if (domain_real_name(&call->in, &call->pool,
	    slice_of(call_text(call, "D")), &name, err) == -1)
		return -1;
	if (!is_locked(call, name, lock))
		return domain_file_change(&call->in, name, &one, err);
	note(lock ? "it was locked already" : "it was not locked");
	return 0;
}

int
domain_lock(struct call *call, struct err *err)
{
	return lock_retrieval(call, true, err);
}

int
domain_unlock(struct call *call, struct err *err)
{
	return lock_retrieval(call, false, err);
}

static void
show(struct sheet *sheet, const char *name, const char *value)
{
	sheet_adds(sheet, name);
	sheet_adds(sheet, value);
}

struct alias_search {
	struct call	*call;
	const char	*real;
	struct sheet	*sheet;
};

static int
show_if_alias(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct alias_search *search = arg;
	const char *real;

	if (is_alias && domain_real_name(&search->call->in, &search->call->pool,
	    slice_of(name), &real, err) == 0 && strcmp(real, search->real) == 0)
		show(search->sheet, "domain-alias", name);
	return 0;
}

static int
show_settings(struct call *call, const struct domain *domain,
    struct sheet *sheet, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice name, value;

	if (files_read(&call->in, domain->file, &text, NULL, err) == -1)
		return -1;
	for (struct slice rest = str_slice(&text);
	    domain_file_next(&rest, &name, &value); ) {
		sheet_add(sheet, name);
		sheet_add(sheet, value);
	}
	return 0;
}

int
domain_show(struct call *call, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct domain *domain;
	struct alias_search search = { .call = call, .sheet = &sheet };

	if (subject_domain(call, "D", &domain, err) == -1)
		return -1;
	show(&sheet, "domain", domain->name);
	search.real = domain->name;
	if (domain_each(&call->in, &call->pool, show_if_alias, &search,
	    err) == -1)
		return -1;
	struct account any = { .domain = domain, .name = "U" };
	show(&sheet, "accounts", pool_format(&call->pool, "%zu",
	    user_count(&call->in, domain->name)));
	show(&sheet, "inboxes", mailbox_path(&any, &call->pool));
	show(&sheet, "homes", homes_path(domain, &call->pool, "U"));
	show(&sheet, "group",
	    pool_format(&call->pool, "%u", (unsigned)domain->owner.gid));
	if (show_settings(call, domain, &sheet, err) == -1)
		return -1;
	sheet_print(&sheet);
	return 0;
}

struct listing {
	struct call	*call;
	const char	*pattern;
	struct sheet	 sheet;
};

static int
list_one(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct listing *listing = arg;
	struct call *call = listing->call;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (listing->pattern != NULL &&
	    !pattern_finds(listing->pattern, slice_of(name)))
		return 0;
	bool fine = (is_alias ? domain_open(&call->in, &pool, slice_of(name),
	    &domain, err) : domain_open_listed(&call->in, &pool, name, &domain,
	    err)) == 0;
	sheet_adds(&listing->sheet, name);
	sheet_adds(&listing->sheet, is_alias && fine ? domain->name : "");
	if (is_alias || !fine)
		sheet_adds(&listing->sheet, "");
	else
		sheet_addf(&listing->sheet, "%zu", user_count(&call->in,
		    name));
	sheet_adds(&listing->sheet, !fine ? pool_format(&pool, "broken: %s",
	    err->text) : is_alias ? "" : domain->conf.description);
	return 0;
}

int
domain_list(struct call *call, struct err *err)
{
	static const char *const heads[] = { "DOMAIN", "ALIAS OF", "ACCOUNTS",
	    "DESCRIPTION", NULL };
	SCOPED(drop_pool) struct pool names = { 0 };
	struct listing listing = {
		.call = call, .pattern = call_text(call, "PATTERN"),
		.sheet = { .heads = heads },
	};

	int result = domain_each(&call->in, &names, list_one, &listing, err);
	if (result == 0)
		sheet_print(&listing.sheet);
	drop_sheet(&listing.sheet);
	return result;
}
