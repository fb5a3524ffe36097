/* passwd_fuzz.c: passwd.D and shadow.D, whatever their lines are. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "name.h"
#include "scope.h"

/* finding reads the file again: some are enough */
enum { ACCOUNTS_MAX = 8 };
#define NEW	"zz9-new"

struct place {
	struct installation	 in;
	struct domain		 domain;
	struct slice		 passwd, shadow;
	unsigned		 visited;
};

static void
look_at_password(const struct place *place, const struct account *account)
{
	SCOPED(drop_password) struct password password = { 0 };
	struct err err;

	promise(account_password(&place->domain, account, &password,
	    &err) == 0, "a password can be looked for");
	promise(password.hash != NULL || password.locked,
	    "without a hash nothing matches");
	promise(!password.locked || password.hash == NULL,
	    "what is locked has no hash");
	promise(!password.expired || password.locked, "expired is locked");
	if (password.hash == NULL)
		return;
	struct slice hash = slice_of(password.hash);
	promise(hash.len > 0 && hash.p[0] != '!' && hash.p[0] != '*' &&
	    !slice_has(hash, ':'), "a hash is one");
	promise((place->shadow.len > 0 && memmem(place->shadow.p,
	    place->shadow.len, hash.p, hash.len) != NULL) ||
	    memmem(place->passwd.p, place->passwd.len, hash.p, hash.len) !=
	    NULL, "a hash stands in a file");
}

static void
look_at(const struct account *a)
{
	promise(name_is_account(slice_of(a->name)), "an account has a name");
	promise(a->ident.uid != 0 && a->ident.gid != 0 &&
	    a->ident.uid != (uid_t)-1 && a->ident.gid != (gid_t)-1,
	    "no account is root");
	promise(strchr(a->full_name, ',') == NULL,
	    "a full name ends at a comma");
	promise(strchr(a->home, ':') == NULL, "a home is one field");
	account_identity(a);
}

static int
visit(void *arg, const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct place *place = arg;
	struct account *found;

	look_at(account);
	if (place->visited++ >= ACCOUNTS_MAX)
		return 0;
	if (account_find(&place->domain, &pool, slice_of(account->name),
	    &found, err) == -1) {
		promise(err->kind == ERR_INVALID,
		    "who is there is not absent");
		return 0;
	}
	promise(found->line <= account->line, "the first line counts");
	if (found->line == account->line)
		promise(strcmp(found->name, account->name) == 0 &&
		    strcmp(found->home, account->home) == 0 &&
		    strcmp(found->full_name, account->full_name) == 0 &&
		    found->ident.uid == account->ident.uid,
		    "finding shows what walking shows");
	look_at_password(place, found);
	return 0;
}

/* A name that may be anybody's. */
static void
look_for(const struct place *place, struct slice name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *found;
	bool several;
	struct err err;

	if (account_find(&place->domain, &pool, name, &found, &err) == 0) {
		look_at(found);
		promise(slice_same(slice_of(found->name), name),
		    "who is found is who was looked for");
	} else {
		promise(err.kind == ERR_INVALID || err.kind == ERR_ABSENT,
		    "files that can be read answer");
	}
	if (account_find_full_name(&place->domain, &pool, name, &found,
	    &several, &err) == 0)
		look_at(found);
	else
		promise(err.kind == ERR_ABSENT, "a full name is there or not");
}

/* Whatever stands before it, a good line is an account. */
static void
others_are_not_stopped(struct place *place)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	struct account *found;
	struct err err;

	if (memmem(place->passwd.p, place->passwd.len, NEW, 3) != NULL)
		return;
	str_addslice(&text, place->passwd);
	str_adds(&text, "\n" NEW ":x:61000:61000:New One:/h:/s\n");
	place->passwd = str_slice(&text);
	fuzz_write("passwd.a.test", place->passwd);
	promise(account_find(&place->domain, &pool, SLICE(NEW), &found,
	    &err) == 0 && found->ident.uid == 61000,
	    "malformed lines never stop other accounts");
}

void
fuzz(struct slice input)
{
	struct place place = { .in = {
		.path = ".", .dir = fuzz_dir(), .owner = geteuid(),
	} };
	struct slice name = fuzz_part(&input);
	struct err err;

	place.domain = (struct domain){
		.in = &place.in, .accounts = &passwd_store, .name = "a.test",
		.file = "domain.a.test", .owner = { 7, 60000 },
	};
	SCOPED(drop_str) struct str passwd = { 0 };
	str_addslice(&passwd, fuzz_part(&input));
	place.passwd = str_slice(&passwd);
	place.shadow = input;
	fuzz_write("passwd.a.test", place.passwd);
	fuzz_write("shadow.a.test", place.shadow);
	promise(account_each(&place.domain, visit, &place, &err) == 0,
	    "a file can be walked through");
	look_for(&place, name);
	others_are_not_stopped(&place);
}
