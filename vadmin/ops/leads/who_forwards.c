/* who_forwards.c: the accounts of a domain that forward. */
#include "who_forwards.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "fd.h"
#include "file.h"
#include "forward.h"
#include "progress.h"
#include "scope.h"
#include "who_edges.h"

enum { HOMES_MAX = 10000 };

/* File systems that list all that is in them: elsewhere a home may come into
 * being when somebody asks for it.  Fixed for ever (linux/magic.h). */
static const unsigned long listing[] = {
	0xEF53,			/* ext2, ext3, ext4 */
	0x58465342,		/* xfs */
	0x9123683E,		/* btrfs */
	0x01021994,		/* tmpfs */
};

struct forwards {
	struct names		*names;
	const struct domain	*domain;
	struct pool		 pool;
	/* accounts with a file in files/D */
	struct table		 files;
	/* where the last home lay, whether that was listed, and what is there */
	struct str		 parent;
	bool			 tried;
	bool			 all_known;	/* else each has to be asked */
	struct table		 homes;
	struct pool		 home_names;
};

static void
drop_forwards(struct forwards *f)
{
	drop_table(&f->files);
	drop_table(&f->homes);
	drop_pool(&f->home_names);
	drop_str(&f->parent);
	drop_pool(&f->pool);
}

/* --- files/D --------------------------------------------------------------- */

static const char *
files_of(const struct domain *domain, struct pool *pool)
{
	return pool_format(pool, "%s/files/%s", installation_path(domain->in,
	    pool, domain->in->conf.spool), domain->name);
}

static void
list_files(struct forwards *f)
{
	const char *path = files_of(f->domain, &f->pool);
	SCOPED(drop_dir) DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL && errno != ENOENT && errno != ENOTDIR)
		note("%s: not looked at: %s", path, strerror(errno));
	if (dir == NULL)
		return;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		struct slice name = slice_of(entry->d_name);
		if (!slice_ends(name, ".forward"))
			continue;
		name.len -= strlen(".forward");
		*table_at(&f->files, pool_dup(&f->pool, name)) = f;
	}
	if (errno != 0)
		note("%s: not looked at to its end: %s", path,
		    strerror(errno));
}

/* --- homes ----------------------------------------------------------------- */

static bool
lists_all(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) == -1)
		return false;
	for (size_t i = 0; i < sizeof listing / sizeof *listing; i++)
		if ((unsigned long)st.f_type == listing[i])
			return true;
	return false;
}

/* False: it is not known what is there, or it is too much to remember. */
static bool
list_homes(struct forwards *f, const char *parent)
{
	SCOPED(drop_dir) DIR *dir = opendir(parent);
	struct dirent *entry;

	if (dir == NULL)
		return errno == ENOENT || errno == ENOTDIR;
	if (!lists_all(dirfd(dir)))
		return false;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (f->homes.count == HOMES_MAX)
			return false;
		*table_at(&f->homes, pool_dup(&f->home_names,
		    slice_of(entry->d_name))) = f;
	}
	return errno == 0;
}

/* Two accounts whose homes lie beside one another make the list worth its while:
 * most do, and have no homes, or few. */
static void
turn_to(struct forwards *f, struct slice parent)
{
	bool again = slice_equal(parent, str_slice(&f->parent));

	if (again && f->tried)
		return;
	if (again) {
		f->all_known = list_homes(f, str_text(&f->parent));
	} else {
		drop_table(&f->homes);
		drop_pool(&f->home_names);
		f->home_names = (struct pool){ 0 };
		f->all_known = false;
		str_cut(&f->parent, 0);
		str_addslice(&f->parent, parent);
	}
	f->tried = again;
}

/* An lstat() as root, which opens nothing: so it was meant where it is. */
static bool
home_has_one(struct forwards *f, const char *home)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	ptrdiff_t slash = slice_find_last(slice_of(home), '/');
	struct stat st;

	if (home[0] != '/')
		return false;
	turn_to(f, (struct slice){ home, (size_t)slash });
	const char *name = home + slash + 1;
	if (f->all_known && name[0] != '\0' && slash > 0 &&
	    table_find(&f->homes, name) == NULL)
		return false;
	return lstat(pool_format(&pool, "%s/.forward", home), &st) == 0;
}

/* --- one account ----------------------------------------------------------- */

/* What an included file says is said by who includes it. */
void
forwards_read_one(struct names *n, const struct account *account,
    struct node *node)
{
	struct alias_entry *entry;
	struct err err;

	if (forward_find(account, &n->pool, &entry, &err) == -1) {
		if (err.text[0] != '\0')
			note("%s", err.text);
		return;
	}
	if (entry->wrong != NULL) {
		note("%s", entry->wrong);
		return;
	}
	edges_take_members(n, node, entry);
	if (node != n->self)
		node->file = entry->file;
}

/* The first line of a name counts. */
static bool
is_first(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *first;
	struct err unused;

	return account_find(account->domain, &pool, slice_of(account->name),
	    &first, &unused) == 0 && first->line == account->line;
}

static bool
is_asked_about(const struct names *n, const struct account *account)
{
	return strcmp(n->account->domain->name, account->domain->name) == 0 &&
	    slice_same(slice_of(n->account->name), slice_of(account->name));
}

static void
add_account(struct names *n, const struct account *account)
{
	SCOPED(drop_str) struct str key = { 0 };
	struct names_domain *d = names_domain(n, account->domain->name);
	struct node *node;

	if (d == NULL)
		return;
	node = names_node(n, NODE_ACCOUNT, d, pool_dup(&n->pool,
	    slice_of(account->name)));
	forwards_read_one(n, account, node);
	*table_at(&d->accounts, pool_lower(&n->pool,
	    slice_of(account->name))) = node;
	if (d->domain->conf.match_full_name &&
	    account_full_name_key(slice_of(account->full_name), &key))
		node->full_name = pool_dup(&n->pool, str_slice(&key));
}

static int
take_account(void *arg, const struct account *account, struct err *err)
{
	struct forwards *f = arg;

	(void)err;
	progress_account(f->domain->name);
	if ((table_find(&f->files, account->name) != NULL ||
	    home_has_one(f, account->home)) &&
	    !is_asked_about(f->names, account) && is_first(account))
		add_account(f->names, account);
	return 0;
}

void
forwards_read(struct names *n, const struct domain *domain)
{
	SCOPED(drop_forwards) struct forwards f = { .names = n,
	    .domain = domain };
	struct err err;

	list_files(&f);
	if (account_each(domain, take_account, &f, &err) == -1)
		note("%s: accounts not looked at: %s", domain->name,
		    err.text);
}
