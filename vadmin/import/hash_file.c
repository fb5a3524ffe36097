/* hash_file.c: hashes of passwords in a file of Dovecot's passwd-file driver.
 *
 *	joe@example.com:{SHA512-CRYPT}$6$...:5000:5000::/srv/mail/joe::
 *	    userdb_quota_rule=*:storage=1G		(all in one line)
 */
#include "hash_file.h"

#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "lines.h"
#include "param.h"
#include "password.h"
#include "scope.h"

/* What Dovecot calls hashes of crypt(3). */
static const char *const schemes[] = {
	"CRYPT", "DES-CRYPT", "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT",
	"BLF-CRYPT", NULL,
};

static bool
is_crypt(struct slice scheme)
{
	for (size_t i = 0; schemes[i] != NULL; i++)
		if (slice_same(scheme, slice_of(schemes[i])))
			return true;
	return false;
}

/* What it is as shadow.D has it; NULL, and why not. */
static const char *
hash_of(struct pool *pool, struct slice field, const char **why)
{
	struct slice scheme = { 0 };

	if (slice_starts(field, "{")) {
		field = slice_from(field, 1);
		slice_cut(&field, '}', &scheme);
		if (!is_crypt(scheme)) {
			*why = pool_format(pool, "its password is kept as "
			    "{%.*s}, which crypt(3) does not know",
			    (int)scheme.len, scheme.p);
			return NULL;
		}
	}
	const char *hash = pool_dup(pool, field);
	if (!password_is_known(hash)) {
		*why = "its password is no hash that crypt(3) knows";
		return NULL;
	}
	return hash;
}

static const char *
checked(const char *quota)
{
	struct err unused;

	return param_check(&param_quota, slice_of(quota), &unused) == 0 ?
	    quota : NULL;
}

/* "storage=1G" or "bytes=N" of a quota rule, as the setting has it. */
static const char *
quota_of(struct pool *pool, struct slice extra)
{
	static const char storage[] = "storage=", bytes[] = "bytes=";
	const char *at = extra.len == 0 ? NULL : memmem(extra.p, extra.len,
	    "quota_rule=*:", 13);
	uint64_t number;

	if (at == NULL)
		return NULL;
	struct slice rule = slice_from(extra, (size_t)(at - extra.p) + 13);
	struct slice word = { rule.p, 0 };
	while (word.len < rule.len && rule.p[word.len] != ' ' &&
	    rule.p[word.len] != ':')
		word.len++;
	if (slice_starts(word, storage))
		return checked(pool_dup(pool, slice_from(word,
		    sizeof storage - 1)));
	if (slice_starts(word, bytes) && slice_number(slice_from(word,
	    sizeof bytes - 1), UINT64_MAX, &number) == 0)
		return checked(pool_format(pool, "%llu",
		    (unsigned long long)(number + 1023) / 1024));
	return NULL;
}

static void
read_line(struct hash_file *file, struct pool *pool, struct slice line,
    const char *where, const char *domain, struct report *report)
{
	struct slice field[8] = { { 0 } }, rest = line;
	struct known_hash *known = pool_alloc(pool, sizeof *known);
	const char *why = NULL;
	size_t n = 0;

	while (n < 7 && slice_cut(&rest, ':', &field[n]))
		n++;
	field[7] = rest;
	const char *address = slice_has(field[0], '@') ? pool_lower(pool,
	    field[0]) : domain == NULL ? NULL : pool_format(pool, "%s@%s",
	    pool_lower(pool, field[0]), domain);
	if (address == NULL || n < 2) {
		report_left(report, where, pool_dup(pool, field[0]), "%s",
		    n < 2 ? "no password stands behind the name" :
		    "no domain stands behind the name");
		return;
	}
	known->hash = hash_of(pool, field[1], &why);
	known->quota = quota_of(pool, field[7]);
	if (why != NULL)
		report_left(report, where, pool_format(pool, "password of %s",
		    address), "%s", why);
	*table_at(&file->by_address, address) = known;
}

int
hash_file_read(struct hash_file *file, struct pool *pool, const char *path,
    const char *domain, struct report *report, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line;
	int got;

	if (file_open(AT_FDCWD, path, 0, &fd, NULL, err) == -1)
		return -1;
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, err)) == 1)
		if (slice_trim(line).len > 0 && !slice_starts(line, "#"))
			read_line(file, pool, line, pool_format(pool, "%s:%u",
			    path, lines.number), domain, report);
	return got == -1 ? err_within(err, "%s", path) : 0;
}

void
drop_hash_file(struct hash_file *file)
{
	drop_table(&file->by_address);
}

const struct known_hash *
hash_file_find(const struct hash_file *file, const char *address)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return table_find(&file->by_address, pool_lower(&pool,
	    slice_of(address)));
}
