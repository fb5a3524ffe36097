/* forward.c: what an account's .forward says. */
#include "forward.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias_apart.h"
#include "compat.h"
#include "installation.h"
#include "scope.h"
#include "trust.h"

struct places {
	const char	*files, *home;		/* home NULL: none */
};

static struct places
places_of(const struct account *account, struct pool *pool)
{
	const struct domain *domain = account->domain;
	const char *spool = installation_path(domain->in, pool,
	    domain->in->conf.spool);

	return (struct places){
		pool_format(pool, "%s/files/%s/%s.forward", spool,
		    domain->name, account->name),
		account->home[0] == '/' ? pool_format(pool, "%s/.forward",
		    account->home) : NULL,
	};
}

/* --- whether ------------------------------------------------------------ */

/* A home that is closed to the domain's one owner was never meant for its
 * mail; one that the account itself cannot look into is a fault. */
static int
look(const struct account *account, const char *path, bool *exists,
    struct err *err)
{
	struct stat st;

	*exists = false;
	if (stat(path, &st) == 0) {
		*exists = st.st_size > 0;
		return 0;
	}
	if (errno == ENOENT || errno == ENOTDIR ||
	    (errno == EACCES && account->domain->one_owner))
		return 0;
	return err_sys(err, "%s", path);
}

int
forward_exists(const struct account *account, bool *exists, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct places places = places_of(account, &pool);

	if (look(account, places.files, exists, err) == -1)
		return -1;
	return *exists || places.home == NULL ? 0 :
	    look(account, places.home, exists, err);
}

/* --- what --------------------------------------------------------------- */

/* Its directory is root's, or the owner's; who else put a file there is told
 * by the file. */
static int
find_in_files(const struct account *account, const char *path,
    struct pool *pool, const struct alias_question *own,
    struct alias_entry **out, struct err *err)
{
	const struct installation *in = account->domain->in;
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR ?
		    err_set(err, ERR_ABSENT, "%s", "") :
		    err_sys(err, "%s", path);
	/* A second name can be anybody's way to a file of root's. */
	if (trust_file(&st, in->owner) && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1)
		return alias_include(in, pool, path, out, err);
	return alias_apart(pool, path, account_identity(account), in->deadline,
	    own, out, err);
}

static bool
is_empty(const struct alias_entry *entry)
{
	return entry->wrong == NULL && entry->count == 0;
}

/* Somebody else who is not root can look at plans; deliver they cannot. */
static bool
can_look(const struct installation *in, struct ident reader)
{
	return in->as_root || reader.uid == geteuid();
}

int
forward_find(const struct account *account, struct pool *pool,
    struct alias_entry **out, struct err *err)
{
	const struct domain *domain = account->domain;
	struct places places = places_of(account, pool);
	struct ident reader = account_identity(account);
	const struct alias_question own = {
		.include = true, .own = true, .owner = reader.uid,
		.may_be_closed = domain->one_owner,
		.commands = domain->conf.user_commands,
	};
	struct err before = { .text = "" };

	if (!can_look(domain->in, reader))
		return err_set(err, ERR_ABSENT, "%s", "");
	int got = find_in_files(account, places.files, pool, &own, out, err);
	if (got == 0 && !is_empty(*out))
		return 0;
	if (got == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
		before = *err;
	}
	/* Who is the account already needs no other process to see that there
	 * is none; root does: it would see what the account cannot. */
	if (places.home == NULL || (!domain->in->as_root &&
	    compat_known_absent(places.home)))
		return err_set(err, ERR_ABSENT, "%s", before.text);
	got = alias_apart(pool, places.home, reader, domain->in->deadline,
	    &own, out, err);
	if (got == 0 && is_empty(*out))
		got = err_set(err, ERR_ABSENT, "%s", before.text);
	if (got == -1 && err->kind == ERR_ABSENT && err->text[0] == '\0')
		err_fill(err, ERR_ABSENT, "%s", before.text);
	return got;
}
