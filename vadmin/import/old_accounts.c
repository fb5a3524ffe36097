/* old_accounts.c: whom a copied passwd.D names. */
#include "old_accounts.h"

#include "entries.h"
#include "mem.h"
#include "name.h"
#include "scope.h"
#include "uid_mark.h"

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
system_user(struct slice system, struct pool *pool, uid_t uid)
{
	struct entry entry;
	uint64_t id;

	while (entries_next(&system, &entry))
		if (entry.count == PASSWD_FIELDS && slice_number(
		    entry.field[PASSWD_UID], UINT32_MAX, &id) == 0 &&
		    id == uid)
			return pool_dup(pool, entry.field[PASSWD_NAME]);
	return NULL;
}

static void
remember(struct old_accounts *accounts, struct pool *pool,
    const struct entry *entry, struct ident who)
{
	struct account *account = pool_alloc(pool, sizeof *account);

	account->name = pool_dup(pool, entry->field[PASSWD_NAME]);
	account->home = pool_dup(pool, entry->field[PASSWD_HOME]);
	account->ident = who;
	*table_at(&accounts->by_name, account->name) = account;
	mem_room(&accounts->all, &accounts->room, accounts->count,
	    sizeof *accounts->all);
	accounts->all[accounts->count++] = account;
}

static void
tell(const struct old_accounts_words *words, struct pool *pool,
    unsigned line, const char *name, uid_t uid, const char *wrong)
{
	const char *where = pool_format(pool, "%s:%u", words->file, line);
	const char *what = pool_format(pool, "account %s@%s", name,
	    words->domain);
	const char *other = wrong == NULL ? system_user(words->system, pool,
	    uid) : NULL;

	if (wrong != NULL)
		report_left(words->report, where, what, "%s", wrong);
	else if (other != NULL)
		report_taken(words->report, where, what, "its uid %u is this "
		    "machine's user %s, too: give one of them another",
		    (unsigned)uid, other);
	else
		report_taken(words->report, where, what, "%s", "");
}

void
old_accounts_read(struct old_accounts *accounts, struct pool *pool,
    struct slice passwd, const struct old_accounts_words *words)
{
	struct ident who = { 0, 0 };
	struct slice line;
	struct entry entry;
	unsigned number = 0;

	while (passwd.len > 0 && slice_cut(&passwd, '\n', &line)) {
		struct slice one = line;
		number++;
		if (!entries_next(&one, &entry))
			continue;
		const char *name = pool_dup(pool, entry.field[PASSWD_NAME]);
		const char *wrong = wrong_with(&entry, &who);
		if (wrong == NULL && table_find(&accounts->by_name,
		    name) != NULL)
			wrong = "an earlier line has this account";
		if (wrong == NULL)
			remember(accounts, pool, &entry, who);
		if (words->report != NULL)
			tell(words, pool, number, name, who.uid, wrong);
	}
}

void
drop_old_accounts(struct old_accounts *accounts)
{
	drop_mem(&accounts->all);
	drop_table(&accounts->by_name);
}

int
old_accounts_keep_uids(const struct old_accounts *accounts,
    const struct installation *in, struct err *err)
{
	SCOPED(drop_mem) uid_t *uids = mem_alloc((accounts->count + 1) *
	    sizeof *uids);

	for (size_t i = 0; i < accounts->count; i++)
		uids[i] = accounts->all[i]->ident.uid;
	return uid_mark_pass(in, uids, accounts->count, err);
}
