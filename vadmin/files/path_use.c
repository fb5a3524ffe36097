/* path_use.c: accounts whose inbox or home lies at or below a directory. */
#include "path_use.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"
#include "fd.h"
#include "file.h"
#include "mailbox.h"
#include "mem.h"
#include "name.h"
#include "scope.h"
#include "table.h"

/* One directory, and what it really is. */
struct root {
	const char	*as_said, *real;
};

struct asking {
	const struct path_question	*q;
	/* shows all, and warns of nothing */
	struct installation		 in;
	struct root			 root[PATH_USE_DIRS], spool;
	/* directories of inboxes, and whether several domains have theirs there;
	 * NULL: the roots are asked for */
	struct table			*shared;
	bool				 counts, any;
	struct pool			*pool;
	path_use_visitor		*visit;
	void				*arg;
	const char			**doubt;
};

/* Of a directory of inboxes: so many domains have theirs there. */
static char one, several;

/* What is known of one domain. */
struct asked {
	const struct asking	*a;
	const char		*name;
	const struct domain	*domain;	/* NULL: it cannot be opened */
	/* the directory that its inboxes lie in, and what it really is */
	const char		*prefix, *real;
	bool			 inboxes;	/* they are asked for */
	struct pool		 pool;
};

static void
drop_asked(struct asked *asked)
{
	drop_pool(&asked->pool);
}

static void
doubt(const struct asking *a, const char *domain, const char *why)
{
	if (*a->doubt == NULL)
		*a->doubt = pool_format(a->pool, "%s: %s", domain, why);
}

/* --- paths --------------------------------------------------------------- */

static bool
is_in(struct slice path, const char *dir)
{
	size_t len = strlen(dir);

	return slice_starts(path, dir) &&
	    (path.len == len || path.p[len] == '/');
}

static bool
meets(const char *path, const char *dir)
{
	return is_in(slice_of(path), dir) || is_in(slice_of(dir), path);
}

static const char *
real_path(struct pool *pool, const char *path)
{
	SCOPED(drop_mem) char *real = realpath(path, NULL);

	return real != NULL ? pool_dup(pool, slice_of(real)) : path;
}

/* What lies in a root, by the name that the root has in the question. */
static const char *
in_root(const struct asking *a, struct pool *pool, struct slice path)
{
	for (size_t i = 0; i < a->q->count; i++) {
		const struct root *root = &a->root[i];
		const char *found = is_in(path, root->as_said) ?
		    root->as_said : is_in(path, root->real) ? root->real :
		    NULL;
		if (found == NULL)
			continue;
		struct slice rest = slice_from(path, strlen(found));
		while (slice_ends(rest, "/"))
			rest.len--;
		return pool_format(pool, "%s%.*s", root->as_said,
		    (int)rest.len, rest.p);
	}
	return NULL;
}

/* --- a domain's inboxes -------------------------------------------------- */

/* What comes before the step that has the account's name. */
static const char *
prefix_of(const struct domain *domain, struct pool *pool)
{
	const struct account anybody = { .domain = domain, .name = "%u" };
	struct slice path = slice_of(mailbox_path(&anybody, pool));
	const char *name = strstr(path.p, "%u");

	if (name != NULL)
		path.len = (size_t)(name - path.p);
	ptrdiff_t slash = slice_find_last(path, '/');
	path.len = slash > 0 ? (size_t)slash : 0;
	return pool_dup(pool, path);
}

static bool
is_own_place(const struct asked *d)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return is_in(slice_of(d->prefix), pool_format(&pool, "%s/%s",
	    d->a->spool.as_said, d->name));
}

/* Of a hundred thousand domains not each is followed down the same way: no
 * program follows a link spool/D. */
static const char *
real_prefix(struct asked *d)
{
	const struct root *spool = &d->a->spool;

	return !is_own_place(d) ? real_path(&d->pool, d->prefix) :
	    pool_format(&d->pool, "%s%s", spool->real,
	    d->prefix + strlen(spool->as_said));
}

static bool
meets_roots(const struct asked *d)
{
	for (size_t i = 0; i < d->a->q->count; i++)
		if (meets(d->prefix, d->a->root[i].as_said) ||
		    meets(d->real, d->a->root[i].real))
			return true;
	return false;
}

/* Where the domain's name is in each inbox none is another domain's. */
static bool
has_name_in_each(struct asked *d)
{
	struct mailbox_step steps[MAILBOX_STEPS];
	struct err err;

	return mailbox_steps(d->domain, &d->pool, steps, &err) == -1;
}

static bool
wants_inboxes(struct asked *d)
{
	const struct asking *a = d->a;

	if (a->shared != NULL)
		return table_find(a->shared, d->real) == &several &&
		    !has_name_in_each(d);
	if (a->q->inboxes_but != NULL &&
	    strcmp(a->q->inboxes_but, d->name) == 0)
		return false;
	return !(a->q->elsewhere && is_own_place(d)) && meets_roots(d);
}

static void
look_at_inbox(struct asked *d, struct slice name)
{
	const struct asking *a = d->a;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct account account = { .domain = d->domain,
	    .name = pool_dup(&pool, name) };
	const char *said = mailbox_path(&account, &pool),
	    *real = pool_format(&pool, "%s%s", d->real,
	    said + strlen(d->prefix));
	const char *path = a->shared != NULL ? real :
	    in_root(a, &pool, slice_of(said));

	if (path == NULL)
		path = in_root(a, &pool, slice_of(real));
	if (path != NULL)
		a->visit(a->arg, &(struct path_use){ d->name, name, false,
		    path });
}

/* --- a domain's homes ---------------------------------------------------- */

static bool
is_own_home(const struct asked *d, const struct entry *entry)
{
	const struct installation *in = &d->a->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice name = entry->field[PASSWD_NAME];

	return slice_is(entry->field[PASSWD_HOME], pool_format(&pool,
	    "%s/%s/home/%.*s", installation_path(in, &pool, in->conf.homes),
	    d->name, (int)name.len, name.p));
}

static void
look_at_home(const struct asked *d, const struct entry *entry)
{
	const struct asking *a = d->a;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *path = in_root(a, &pool, entry->field[PASSWD_HOME]);

	if (path != NULL && !(a->q->elsewhere && is_own_home(d, entry)))
		a->visit(a->arg, &(struct path_use){ d->name,
		    entry->field[PASSWD_NAME], true, path });
}

/* Most files name none of the directories. */
static bool
mentions_roots(const struct asking *a, struct slice text)
{
	for (size_t i = 0; i < a->q->count; i++)
		if (memmem(text.p, text.len, a->root[i].as_said,
		    strlen(a->root[i].as_said)) != NULL ||
		    memmem(text.p, text.len, a->root[i].real,
		    strlen(a->root[i].real)) != NULL)
			return true;
	return false;
}

/* --- a domain ------------------------------------------------------------ */

static void
look_at_lines(struct asked *d, struct slice text)
{
	bool homes = d->a->shared == NULL && mentions_roots(d->a, text);
	struct entry entry;

	while ((homes || d->inboxes) && entries_next(&text, &entry)) {
		struct slice name = entry.field[PASSWD_NAME];
		if (homes && entry.count > PASSWD_HOME)
			look_at_home(d, &entry);
		if (!d->inboxes)
			continue;
		if (name_is_account(name))
			look_at_inbox(d, name);
		else
			doubt(d->a, d->name, "a line of its accounts is "
			    "broken, and may be anybody's");
	}
}

static void
look_at_accounts(struct asked *d)
{
	const struct installation *in = &d->a->in;
	const char *file = pool_format(&d->pool, "passwd.%s", d->name);
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	if ((d->a->shared != NULL && !d->inboxes) ||
	    (d->a->q->but != NULL && strcmp(d->a->q->but, d->name) == 0))
		return;
	if (installation_file(in, file, &fd, &err) == -1 ||
	    file_read(fd, SSIZE_MAX, &text, &err) == -1) {
		if (err.kind != ERR_ABSENT)
			doubt(d->a, d->name, err.text);
		return;
	}
	look_at_lines(d, str_slice(&text));
}

static void
find_inboxes(struct asked *d)
{
	struct domain *domain;
	struct err err;

	if (domain_open_listed(&d->a->in, &d->pool, d->name, &domain,
	    &err) == -1) {
		doubt(d->a, d->name, err.text);
		return;
	}
	d->domain = domain;
	d->prefix = prefix_of(domain, &d->pool);
	d->real = real_prefix(d);
}

static void
count_place(struct asking *a, const char *dir)
{
	bool known = table_find(a->shared, dir) != NULL;

	a->any = a->any || known;
	*table_at(a->shared, known ? dir : pool_dup(a->pool,
	    slice_of(dir))) = known ? &several : &one;
}

static int
ask_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct asking *a = arg;
	SCOPED(drop_asked) struct asked d = { .a = a, .name = name };

	(void)err;
	if (is_alias)
		return 0;
	find_inboxes(&d);
	if (a->counts) {
		if (d.domain != NULL)
			count_place(a, d.real);
		return 0;
	}
	d.inboxes = d.domain != NULL && wants_inboxes(&d);
	look_at_accounts(&d);
	return 0;
}

static void
prepare(struct asking *a, const struct installation *in)
{
	const char *spool = installation_path(in, a->pool, in->conf.spool);

	a->in = *in;
	a->in.shows = NULL;
	a->in.warn = NULL;
	a->spool = (struct root){ spool, real_path(a->pool, spool) };
}

int
path_use_each(const struct path_question *question, struct pool *pool,
    path_use_visitor *visit, void *arg, const char **why, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct asking a = { .q = question, .pool = pool, .visit = visit,
	    .arg = arg, .doubt = why };

	*why = NULL;
	prepare(&a, question->in);
	for (size_t i = 0; i < question->count; i++)
		a.root[i] = (struct root){ question->dir[i],
		    real_path(pool, question->dir[i]) };
	return domain_each(&a.in, &names, ask_domain, &a, err);
}

int
path_use_shared(const struct installation *in, struct pool *pool,
    path_use_visitor *visit, void *arg, const char **why, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	SCOPED(drop_table) struct table shared = { 0 };
	struct path_question question = { .in = in };
	struct asking a = { .q = &question, .shared = &shared, .counts = true,
	    .pool = pool, .visit = visit, .arg = arg, .doubt = why };

	*why = NULL;
	prepare(&a, in);
	if (domain_each(&a.in, &names, ask_domain, &a, err) == -1)
		return -1;
	a.counts = false;
	return a.any ? domain_each(&a.in, &names, ask_domain, &a, err) : 0;
}

bool
path_use_is_own_place(const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct asking a = { .pool = &pool };
	SCOPED(drop_asked) struct asked d = { .a = &a, .name = domain->name };

	prepare(&a, domain->in);
	d.prefix = prefix_of(domain, &d.pool);
	return is_own_place(&d);
}

const char *
path_use_inboxes(const struct domain *domain, struct pool *pool)
{
	return prefix_of(domain, pool);
}

const char *
path_use_inbox(const struct account *account, struct pool *pool)
{
	const struct domain *domain = account->domain;
	struct asking a = { .pool = pool };
	SCOPED(drop_asked) struct asked d = { .a = &a, .name = domain->name };

	prepare(&a, domain->in);
	d.prefix = prefix_of(domain, &d.pool);
	return pool_format(pool, "%s%s", real_prefix(&d),
	    mailbox_path(account, pool) + strlen(d.prefix));
}
