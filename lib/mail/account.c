/* account.c: the accounts of a domain, whatever they are stored in. */
#include "account.h"

#include <string.h>

#include "mem.h"
#include "name.h"

int
account_find(const struct domain *domain, struct pool *pool, struct slice name,
    struct account **out, struct err *err)
{
	if (!name_is_account(name))
		return err_set(err, ERR_ABSENT,
		    "no account can have this name");
	return domain->accounts->find(domain, pool, name, out, err);
}

int
account_find_full_name(const struct domain *domain, struct pool *pool,
    struct slice full_name, struct account **out, bool *several,
    struct err *err)
{
	return domain->accounts->find_full_name(domain, pool, full_name, out,
	    several, err);
}

int
account_password(const struct domain *domain, const struct account *account,
    struct password *out, struct err *err)
{
	return domain->accounts->password(domain, account, out, err);
}

void
drop_password(struct password *password)
{
	if (password->hash != NULL)
		explicit_bzero(password->hash, strlen(password->hash));
	drop_mem(&password->hash);
}

int
account_each(const struct domain *domain, account_visitor *visit, void *arg,
    struct err *err)
{
	return domain->accounts->each(domain, visit, arg, err);
}

struct ident
account_identity(const struct account *account)
{
	const struct domain *domain = account->domain;

	if (domain->one_owner)
		return domain->owner;
	return (struct ident){ account->ident.uid, domain->owner.gid };
}

bool
account_full_name_key(struct slice full_name, struct str *out)
{
	size_t start = out->len;
	bool gap = false, words = false;

	for (size_t i = 0; i < full_name.len; i++) {
		char c = full_name.p[i];
		if (c == ' ' || c == '\t' || c == '.' || c == '_') {
			gap = out->len > start;
			continue;
		}
		if (gap)
			str_addc(out, '.');
		words = words || gap;
		gap = false;
		str_addc(out, ascii_lower(c));
	}
	return words;
}
