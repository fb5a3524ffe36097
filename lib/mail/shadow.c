/* shadow.c: passwords in shadow.D, else in passwd.D. */
#include "passwd_file.h"

#include <string.h>
#include <time.h>

#include "mem.h"
#include "name.h"
#include "scope.h"

/* Negative numbers are what old shadow tools wrote for "none". */
bool
passwd_read_expiry(struct slice field, bool *expired)
{
	bool negative = slice_starts(field, "-");
	uint64_t day = 0;

	if (field.len > 0 && slice_number(slice_from(field, negative),
	    UINT64_MAX, &day) == -1)
		return false;
	*expired = field.len > 0 && !negative &&
	    (uint64_t)(time(NULL) / 86400) >= day;
	return true;
}

/* What is wrong with an entry of shadow.D; NULL: nothing. */
static const char *
parse_shadow(struct slice line, struct slice fields[SHADOW_FIELDS],
    bool *expired)
{
	if (slice_has(line, '\0'))
		return "a NUL byte is in the line";
	if (passwd_split(line, fields, SHADOW_FIELDS) != SHADOW_FIELDS)
		return "a password's line has nine fields";
	if (!passwd_read_expiry(fields[SHADOW_EXPIRES], expired))
		return "the day of expiry is not a number";
	return NULL;
}

/* 1: found, 0: shadow.D has no (whole) line for the name. */
static int
read_shadow(const struct domain *domain, struct pool *pool, struct slice name,
    char **hash, bool *expired, struct err *err)
{
	SCOPED(drop_passwd_reader) struct passwd_reader r = { .fd = -1 };
	struct index_question question = { INDEX_ACCOUNT, name, false,
	    shadow_scan_names };
	struct slice line, fields[SHADOW_FIELDS];
	int got;

	if (passwd_open(domain, pool, "shadow", &question, &r, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	while ((got = passwd_next(&r, &line, err)) == 1) {
		if (!slice_same(passwd_first_field(line), name))
			continue;
		const char *wrong = parse_shadow(line, fields, expired);
		if (wrong == NULL) {
			*hash = mem_dup(fields[HASH].p, fields[HASH].len);
			return 1;
		}
		passwd_warn(&r, wrong);
	}
	return got;
}

/* "!" alone, or "!!", is how others write "no password". */
static bool
is_barred(const char *hash)
{
	return hash[0] == '!' && hash[strspn(hash, "!")] != '\0';
}

int
shadow_password(const struct domain *domain, const struct account *account,
    struct password *out, struct err *err)
{
	SCOPED(drop_pool) struct pool paths = { 0 };
	SCOPED(drop_password) struct password found = { 0 };
	struct slice name = slice_of(account->name);
	int got = read_shadow(domain, &paths, name, &found.hash,
	    &found.expired, err);

	if (got == -1 || (got == 0 &&
	    passwd_read_hash(domain, &paths, name, &found.hash, err) == -1))
		return -1;
	const char *hash = found.hash != NULL ? found.hash : "";
	found.locked = found.expired || hash[0] == '\0' || hash[0] == '!' ||
	    hash[0] == '*';
	found.barred = is_barred(hash);
	if (found.locked)
		drop_password(&found);
	*out = found;
	found.hash = NULL;
	return 0;
}

int
shadow_scan_names(int fd, unsigned lines_before, index_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_lines) struct lines lines = { .fd = fd,
	    .number = lines_before };
	struct slice line;
	int got;

	while ((got = lines_next(&lines, &line, err)) == 1) {
		struct slice name = passwd_first_field(line);
		struct textindex_place place = { lines.offset, lines.number };
		if (name_is_account(name) && (got = visit(arg, INDEX_ACCOUNT,
		    name, &place, err)) != 0)
			return got == 1 ? 0 : -1;
	}
	return got;
}
