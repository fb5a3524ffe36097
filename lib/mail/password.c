/* password.c: checking and making password hashes with crypt(3). */
#include "password.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "scope.h"

/* What new hashes look like, with a salt that no account has: where there is
 * no hash to check, this one is computed, so that the answer takes as long. */
static const char nobodys[] = "$y$j9T$qpKMdl46c3qQUsqPWx4Nt/";

static void
drop_crypt_data(struct crypt_data **data)
{
	if (*data != NULL)
		explicit_bzero(*data, sizeof **data);
	drop_mem(data);
}

/* Every byte is compared, wherever the first difference is. */
static bool
is_same(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char difference = 0;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

/* NULL: crypt(3) does not know such a hash, and has computed nothing. */
static const char *
compute(const char *given, const char *setting, struct crypt_data *data)
{
	const char *got = crypt_r(given, setting, data);

	return got == NULL || got[0] == '*' ? NULL : got;
}

/* Where crypt(3) lacks memory it says what it says of a broken hash; nobody's is
 * not broken. */
int
password_check(const struct password *password, struct slice given,
    bool *matches, struct err *err)
{
	SCOPED(drop_crypt_data) struct crypt_data *data =
	    mem_alloc(sizeof *data);
	char text[PASSWORD_MAX + 1] = "";
	const char *got = NULL;

	bool usable = given.len <= PASSWORD_MAX && !slice_has(given, '\0');
	if (usable && given.len > 0)
		memcpy(text, given.p, given.len);
	bool has_hash = password != NULL && password->hash != NULL &&
	    password->hash[0] != '\0' && !password->locked;
	if (has_hash)
		got = compute(text, password->hash, data);
	bool lacks = got == NULL && compute(text, nobodys, data) == NULL;
	if (has_hash && got == NULL && !lacks)
		/* a broken one costs nothing */
		got = compute(text, password->hash, data);
	explicit_bzero(text, sizeof text);
	if (lacks)
		return err_set(err, ERR_TEMPORARY, "the hash of a password "
		    "cannot be computed: out of memory");
	*matches = usable && got != NULL && is_same(got, password->hash);
	return 0;
}

bool
password_is_old(const char *hash)
{
	struct slice s = slice_of(hash);

	return !slice_starts(s, "$y$") && !slice_starts(s, "$gy$");
}

int
password_hash(struct slice given, struct str *out, struct err *err)
{
	SCOPED(drop_crypt_data) struct crypt_data *data =
	    mem_alloc(sizeof *data);
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], text[PASSWORD_MAX + 1] = "";

	if (given.len == 0)
		return err_set(err, ERR_INVALID, "the password is empty");
	if (given.len > PASSWORD_MAX)
		return err_set(err, ERR_INVALID,
		    "the password is longer than %d bytes", PASSWORD_MAX);
	if (slice_has(given, '\0') || slice_has(given, '\r') ||
	    slice_has(given, '\n'))
		return err_set(err, ERR_INVALID,
		    "the password has a line end or a NUL in it");
	if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting,
	    sizeof setting) == NULL)
		return err_sys(err, "choose a salt");
	memcpy(text, given.p, given.len);
	const char *got = compute(text, setting, data);
	explicit_bzero(text, sizeof text);
	if (got == NULL)
		return err_sys(err, "compute a password hash");
	str_adds(out, got);
	return 0;
}

/* What stands behind the last '$' of a whole hash: some part of one is none. */
static const struct {
	const char	*prefix;
	size_t		 len;
} methods[] = {
	{ "$1$", 22 }, { "$5$", 43 }, { "$6$", 86 }, { "$y$", 43 },
	{ "$gy$", 43 }, { "$7$", 43 }, { "$2a$", 53 }, { "$2b$", 53 },
	{ "$2y$", 53 },
};

static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz";

/* Of DES alone nothing but the length tells it from a word. */
bool
password_is_known(const char *hash)
{
	int known = crypt_checksalt(hash);
	const char *last = strrchr(hash, '$');

	if (known == CRYPT_SALT_INVALID || known == CRYPT_SALT_METHOD_DISABLED)
		return false;
	if (hash[0] != '$' && hash[0] != '_')
		return strlen(hash) == 13 && strspn(hash, letters) == 13;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (slice_starts(slice_of(hash), methods[i].prefix))
			return strlen(last + 1) == methods[i].len &&
			    strspn(last + 1, letters) == methods[i].len;
	return strpbrk(hash, ":!* \t") == NULL;
}
