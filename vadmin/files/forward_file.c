/* forward_file.c: files/D/U.forward. */
#include "forward_file.h"

#include <unistd.h>

#include "aliases.h"
#include "fd.h"
#include "files.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"

static int
add_word(const struct account *account, const char *word, struct str *text,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member member;

	if (alias_parse_member(&pool, slice_of(word), &member, err) == -1)
		return err_within(err, "'%.100s'", word);
	if (member.kind != ALIAS_ADDRESS)
		return err_set(err, ERR_INVALID, "'%.100s' is no address: "
		    "'\\%s' leaves a copy (as --keep does), commands and "
		    "files are for aliases", word, account->name);
	alias_member_add(text, &member);
	str_addc(text, '\n');
	return 0;
}

/* One member a line, in the grammar of alias files. */
static int
make_text(const struct account *account, const struct setting_words *addresses,
    bool keep, struct str *text, struct err *err)
{
	if (keep) {
		const struct alias_member own = { .kind = ALIAS_MAILBOX,
		    .text = account->name };
		alias_member_add(text, &own);
		str_addc(text, '\n');
	}
	for (size_t i = 0; i < addresses->count; i++)
		if (add_word(account, addresses->word[i], text, err) == -1)
			return -1;
	return 0;
}

static const char *
file_name(const struct account *account, struct pool *pool)
{
	return pool_format(pool, "%s.forward", account->name);
}

int
forward_file_write(const struct account *account,
    const struct setting_words *addresses, bool keep, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int dir = -1;

	if (make_text(account, addresses, keep, &text, err) == -1 ||
	    spool_files(account->domain, true, &dir, err) == -1)
		return -1;
	return side_file_write(dir, file_name(account, &pool),
	    str_slice(&text), geteuid(), MODE_PUBLIC, err);
}

int
forward_file_check(const struct account *account,
    const struct setting_words *addresses, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	return make_text(account, addresses, false, &text, err);
}

int
forward_file_remove(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;

	if (spool_files(account->domain, true, &dir, err) == -1)
		return -1;
	return side_file_remove(dir, file_name(account, &pool), NULL, err);
}
