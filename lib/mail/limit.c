/* limit.c: how much an account's inbox may hold. */
#include "limit.h"

#include <errno.h>
#include <sys/stat.h>

#include "admin_file.h"
#include "installation.h"
#include "pool.h"
#include "scope.h"

enum { UNIT = 1024 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* More than any disk holds is no limit. */
static uint64_t
bytes_of(struct slice digits)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < digits.len && is_digit(digits.p[i]); i++) {
		if (kb > LIMIT_NONE / UNIT / 10 - 1)
			return LIMIT_NONE;
		kb = kb * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return kb == 0 ? LIMIT_NONE : kb * UNIT;
}

bool
limit_parse(struct slice text, struct limit *out)
{
	struct slice rest = text, word = { 0 };

	slice_cut(&rest, '\n', &word);
	if (slice_ends(word, "\r"))
		word.len--;
	word = slice_trim(word);
	if (slice_same(word, SLICE("none")) ||
	    slice_same(word, SLICE("disabled"))) {
		*out = (struct limit){
		    .disabled = slice_same(word, SLICE("disabled")),
		    .bytes = LIMIT_NONE, .own = true };
		return true;
	}
	size_t at = 0;
	while (at < text.len && !is_digit(text.p[at]))
		at++;
	if (at == text.len || (at > 0 && text.p[at - 1] == '-'))
		return false;
	*out = (struct limit){ .bytes = bytes_of(slice_from(text, at)),
	    .own = true };
	return true;
}

static const char *
path_of(const struct account *account, struct pool *pool)
{
	const struct domain *domain = account->domain;

	return pool_format(pool, "%s/%s/%s.quota",
	    installation_path(domain->in, pool, domain->in->conf.spool),
	    domain->name, account->name);
}

bool
limit_may_exist(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	return account->domain->conf.inbox_limit != 0 ||
	    lstat(path_of(account, &pool), &st) == 0 || errno != ENOENT;
}

int
limit_read(const struct account *account, struct limit *out, struct err *err)
{
	const struct domain *domain = account->domain;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };

	int got = admin_file_read(domain, path_of(account, &pool), &text, err);
	if (got == -1)
		return -1;
	if (got == 1 && limit_parse(str_slice(&text), out))
		return 0;
	*out = (struct limit){ .bytes = domain->conf.inbox_limit == 0 ?
	    LIMIT_NONE : domain->conf.inbox_limit };
	return 0;
}
