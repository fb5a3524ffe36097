/* references.c: what leads to an account or a domain. */
#include "references.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "alias_search.h"
#include "change.h"
#include "domain.h"
#include "domain_file.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "mem.h"
#include "members.h"
#include "name.h"
#include "scope.h"
#include "spool.h"
#include "table.h"

struct search {
	struct call		*call;
	const char		*word;
	reference_visitor	*visit;
	void			*arg;
	struct reference	 at;
	struct pool		 pool;		/* of what follows */
	/* what may change is not changed */
	bool			 dry;
	/* places that have to change and do not, and why the first does not */
	size_t			 staying;
	enum err_kind		 why;
	/* of the file that is told of */
	enum err_kind		 why_not;
	const char		*reason;
	struct table		 extra;		/* files, and how often named */
	char			 once, often, done;
	struct listed		*domains;
	size_t			 count, room;
	/* it can be told by a name whether a domain has files there */
	bool			 spool_is_there;
};

/* A domain, and whether its settings name nobody. */
struct listed {
	const char	*name;
	bool		 plain;
};

static void
drop_search(struct search *s)
{
	drop_table(&s->extra);
	drop_mem(&s->domains);
	drop_pool(&s->pool);
}

static void
count_staying(struct search *s, enum err_kind why)
{
	if (s->staying++ == 0 || why == ERR_TEMPORARY)
		s->why = why;
}

/* --- one file ------------------------------------------------------------ */

static bool
look_at_member(void *arg, struct pool *pool, const struct alias_entry *entry,
    size_t i, struct alias_member *new)
{
	struct search *s = arg;
	struct reference at = s->at;

	if (entry->members[i].kind != ALIAS_ADDRESS &&
	    entry->members[i].kind != ALIAS_MAILBOX)
		return false;
	if (at.kind == REFERENCE_ALIAS)
		at.name = entry->name;
	at.member = &entry->members[i];
	at.only = entry->count == 1;
	at.where = pool_format(pool, "%s:%u", entry->file,
	    entry->members[i].line);
	return s->visit(s->arg, pool, &at, new) && (at.stays || !s->dry);
}

/* Absolute paths may lead to the installation's directory, too. */
static const char *
beside_us(const struct search *s, const char *file)
{
	size_t len = strlen(s->call->in.path);

	if (strncmp(file, s->call->in.path, len) == 0 && file[len] == '/')
		file += len + 1;
	return strchr(file, '/') == NULL ? file : NULL;
}

static int
tell_staying(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct search *s = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member unused;

	(void)extent;
	(void)err;
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		if (look_at_member(s, &pool, entry, i, &unused)) {
			note("%s:%u: '%s' is not changed: %s", entry->file,
			    entry->members[i].line, entry->members[i].text,
			    s->reason);
			count_staying(s, s->why_not);
		}
	return 0;
}

/* What cannot be changed can be read all the same: deliveries do. */
static void
look_only(struct search *s, const char *file, enum err_kind why,
    const char *reason)
{
	struct err err;

	s->at.stays = true;
	s->reason = reason;
	s->why_not = why;
	if (alias_search_each(&s->call->in, file, s->word, tell_staying, s,
	    &err) == -1) {
		note("%s: not looked at: %s", file, err.text);
		if (err.kind != ERR_ABSENT)
			count_staying(s, err.kind);
	}
	s->at.stays = false;
}

static void
look_at_aliases(struct search *s, const char *file)
{
	struct members_visit visit = { look_at_member, s, s->word, 0 };
	struct err err;

	s->at.kind = REFERENCE_ALIAS;
	if (members_of_file(&s->call->in, file, &visit, &err) == -1)
		look_only(s, file, err.kind, err.text);
}

static void
look_at_extra(struct search *s, const char *named)
{
	const char *file = beside_us(s, named);
	void **slot = table_at(&s->extra, named);

	if (*slot == &s->done)
		return;
	s->at.shared = *slot == &s->often;
	*slot = &s->done;
	s->at.kind = REFERENCE_ALIAS;
	if (file != NULL)
		look_at_aliases(s, file);
	else	/* not ours to replace */
		look_only(s, named, ERR_REFUSED, pool_format(&s->pool,
		    "the file is not in %s: edit it by hand",
		    s->call->in.path));
	s->at.shared = false;
}

/* --- forwards ------------------------------------------------------------ */

static void
look_at_forward(struct search *s, int dir, const char *path, const char *file)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice name = slice_of(file);
	struct members_visit visit = { look_at_member, s, s->word, 0 };
	struct err err;

	if (!slice_ends(name, ".forward") || name.p[0] == '.')
		return;
	name.len -= strlen(".forward");
	s->at.kind = REFERENCE_FORWARD;
	s->at.name = pool_dup(&pool, name);
	if (members_of_forward(dir, file, pool_format(&pool, "%s/%s", path,
	    file), &visit, &err) == -1) {
		note("left as it is: %s", err.text);
		count_staying(s, err.kind);
	}
	s->at.name = "";
}

static void
look_at_forwards(struct search *s, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_dir) DIR *dir = NULL;
	const struct dirent *entry;
	size_t made = 0;
	struct err err;
	int fd;

	if (spool_files(domain, false, &fd, &err) == -1) {
		if (err.kind != ERR_ABSENT) {
			note("forwards of %s: not looked at: %s", domain->name,
			    err.text);
			count_staying(s, err.kind);
		}
		return;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		note("forwards of %s: not looked at: %s", domain->name,
		    strerror(errno));
		count_staying(s, ERR_TEMPORARY);
		drop_fd(&fd);
		return;
	}
	const char *path = pool_format(&pool, "%s/files/%s",
	    installation_path(domain->in, &pool, domain->in->conf.spool),
	    domain->name);
	while (errno = 0, (entry = change_read_dir(dir, &made)) != NULL)
		look_at_forward(s, dirfd(dir), path, entry->d_name);
	/* One that was not seen would lead to nobody. */
	if (errno != 0) {
		note("%s: not looked at to its end: %s", path,
		    strerror(errno));
		count_staying(s, ERR_TEMPORARY);
	}
}

/* --- fallbacks ----------------------------------------------------------- */

/* A dry search asks only whether the file could be. */
static int
change_fallback(struct search *s, const struct domain *domain,
    const char *assignment, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool there;

	if (s->dry)
		return files_check(domain->in, pool_format(&pool, "domain.%s",
		    domain->name), &there, err);
	return domain_file_change(domain->in, domain->name,
	    &(struct setting_words){ &assignment, 1 }, err);
}

static void
look_at_fallback(struct search *s, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct alias_member member = { ALIAS_ADDRESS,
	    domain->conf.fallback, 0 };
	struct alias_member new = member;
	struct reference at = s->at;
	struct err err;

	if (member.text[0] == '\0' || member.text[0] == '|')
		return;
	at.kind = REFERENCE_FALLBACK;
	at.member = &member;
	at.only = true;
	at.where = domain_where(domain, &pool, "fallback");
	if (!s->visit(s->arg, &pool, &at, &new))
		return;
	const char *assignment = pool_format(&pool, "fallback=%s", new.text);
	if (change_fallback(s, domain, assignment, &err) == -1) {
		note("%s: left as it is: %s", at.where, err.text);
		count_staying(s, err.kind);
	}
}

/* --- all domains --------------------------------------------------------- */

static void
count_extra(struct search *s, const struct domain *domain)
{
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++) {
		void **slot = table_at(&s->extra, pool_dup(&s->pool,
		    slice_of(domain->conf.extra_aliases.word[i])));
		*slot = *slot == NULL ? &s->once : &s->often;
	}
}

static int
list_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct search *s = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;
	bool plain = false;

	if (is_alias)
		return 0;
	if (domain_open_listed(&s->call->in, &pool, name, &domain, err) == 0) {
		count_extra(s, domain);
		plain = domain->conf.extra_aliases.count == 0 &&
		    domain->conf.fallback[0] == '\0';
	}
	mem_room(&s->domains, &s->room, s->count, sizeof *s->domains);
	s->domains[s->count++] = (struct listed){ name, plain };
	return 0;
}

static bool
has_no_files(const struct search *s, struct pool *pool, const char *name)
{
	const struct installation *in = &s->call->in;
	struct stat st;

	return s->spool_is_there && lstat(pool_format(pool, "%s/files/%s",
	    installation_path(in, pool, in->conf.spool), name), &st) == -1 &&
	    errno == ENOENT;
}

/* What cannot be read is told, and does not stop the search. */
static void
look_at_domain(struct search *s, const struct listed *listed)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *name = listed->name;
	struct domain *domain;
	struct err err;

	s->at = (struct reference){ .domain = name, .name = "" };
	look_at_aliases(s, pool_format(&pool, "aliases.%s", name));
	if (listed->plain && has_no_files(s, &pool, name))
		return;
	if (domain_open_listed(&s->call->in, &pool, name, &domain,
	    &err) == -1) {
		note("%s: not looked at: %s", name, err.text);
		count_staying(s, err.kind);
		return;
	}
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++)
		look_at_extra(s, pool_dup(&s->pool,
		    slice_of(domain->conf.extra_aliases.word[i])));
	look_at_fallback(s, domain);
	look_at_forwards(s, domain);
}

static int
look_everywhere(struct search *s, struct err *err)
{
	SCOPED(drop_fd) int spool = -1;
	struct err unused;

	s->spool_is_there = spool_open(&s->call->in, &spool, &unused) == 0;
	if (domain_each(&s->call->in, &s->pool, list_domain, s, err) == -1)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		look_at_domain(s, &s->domains[i]);
	return 0;
}

int
references_each(struct call *call, const char *word, reference_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .call = call, .word = word,
	    .visit = visit, .arg = arg };

	return look_everywhere(&s, err);
}

static int
each_must(struct search *s, struct err *err)
{
	if (look_everywhere(s, err) == -1)
		return -1;
	return s->staying == 0 ? 0 : err_set(err, s->why == ERR_TEMPORARY ?
	    ERR_TEMPORARY : ERR_REFUSED, "%zu place%s told above cannot be "
	    "changed: mend that first, then say it again", s->staying,
	    s->staying > 1 ? "s" : "");
}

int
references_check(struct call *call, const char *word, reference_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .call = call, .word = word,
	    .visit = visit, .arg = arg, .dry = true };

	return each_must(&s, err);
}

int
references_change(struct call *call, const char *word, reference_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_search) struct search s = { .call = call, .word = word,
	    .visit = visit, .arg = arg };

	return each_must(&s, err);
}

/* --- to an account ------------------------------------------------------- */

/* How much of local is the name: all, or what stands before the extension. */
static size_t
name_length(const struct account_reference *account, const char *local)
{
	size_t len = strlen(account->name);
	const char *delimiter = account->in->conf.recipient_delimiter;

	if (!slice_same(slice_of(account->name),
	    (struct slice){ local, strnlen(local, len) }))
		return 0;
	return local[len] == '\0' || strchr(delimiter, local[len]) != NULL ?
	    len : 0;
}

/* Where an alias has the account's name, the name means the alias, but within
 * itself and in the account's own forward. */
static bool
means_alias(const struct account_reference *account,
    const struct reference *at)
{
	return account->is_alias && at->member->kind != ALIAS_MAILBOX &&
	    !(strcmp(at->domain, account->domain) == 0 &&
	    at->kind != REFERENCE_FALLBACK &&
	    slice_same(slice_of(at->name), slice_of(account->name)));
}

bool
reference_is_to(const struct account_reference *account,
    const struct reference *at, struct pool *pool)
{
	struct address address;
	struct err unused;
	const char *real;

	if (address_parse(pool, slice_of(at->member->text), &address,
	    &unused) == -1 || name_length(account, address.local) == 0 ||
	    means_alias(account, at))
		return false;
	return domain_real_name(account->in, pool, slice_of(
	    address.domain[0] != '\0' ? address.domain : at->domain), &real,
	    &unused) == 0 && strcmp(real, account->domain) == 0;
}

const char *
reference_renamed(const struct account_reference *account,
    const struct reference *at, struct pool *pool, const char *new)
{
	struct slice text = slice_of(at->member->text);
	ptrdiff_t sign = slice_find_last(text, '@');
	struct address address = { "", "" };
	struct err unused;

	address_parse(pool, text, &address, &unused);
	const char *local = address_text(pool, pool_format(pool, "%s%s", new,
	    address.local + name_length(account, address.local)), "");
	if (address.domain[0] == '\0')
		return local;
	/* as it is spelt */
	struct slice domain = slice_from(text, (size_t)sign + 1);
	if (slice_ends(domain, ">"))
		domain.len--;
	return pool_format(pool, "%s@%.*s", local, (int)domain.len, domain.p);
}
