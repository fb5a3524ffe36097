/* quality.c: whether a password is too easy to guess. */
#include "quality.h"

#include <pwquality.h>
#include <string.h>

#include "scope.h"
#include "secret.h"
#include "utf8.h"

/* Whatever the machine asks of its own users. */
enum { LENGTH_MIN = 12 };

/* --- libpwquality --------------------------------------------------------- */

static int
refuse(int wrong, void *more, struct err *err)
{
	char room[PWQ_MAX_ERROR_MESSAGE_LEN];
	SCOPED(drop_str) struct str text = { 0 };
	struct slice said = slice_of(pwquality_strerror(room, sizeof room,
	    wrong, more));

	/* A sentence becomes part of one. */
	str_addlower(&text, (struct slice){ said.p, said.len > 0 });
	str_addslice(&text, slice_from(said, said.len > 0));
	return err_set(err, ERR_INVALID, "%s", str_text(&text));
}

/* The domain, and each part of it but the last, which half the world has; words
 * of three letters are none to the library. */
static void
forbid_domain(struct str *words, const char *domain)
{
	struct slice rest = slice_of(domain), label;

	str_addf(words, " %s", domain);
	while (slice_cut(&rest, '.', &label) && rest.len > 0) {
		str_addc(words, ' ');
		str_addslice(words, label);
	}
}

/* A machine without the file has libpwquality's own rules. */
static int
read_rules(pwquality_settings_t *rules, const char *domain, struct err *err)
{
	SCOPED(drop_str) struct str words = { 0 };
	const char *bad = NULL;
	void *more = NULL;
	int length = 0, wrong = pwquality_read_config(rules, NULL, &more);

	if (wrong != 0 && wrong != PWQ_ERROR_CFGFILE_OPEN &&
	    refuse(wrong, more, err) == -1)
		return err_within(err, "/etc/security/pwquality.conf");
	pwquality_get_int_value(rules, PWQ_SETTING_MIN_LENGTH, &length);
	if (length < LENGTH_MIN)
		pwquality_set_int_value(rules, PWQ_SETTING_MIN_LENGTH,
		    LENGTH_MIN);
	pwquality_get_str_value(rules, PWQ_SETTING_BAD_WORDS, &bad);
	str_adds(&words, bad != NULL ? bad : "");
	forbid_domain(&words, domain);
	pwquality_set_str_value(rules, PWQ_SETTING_BAD_WORDS,
	    str_text(&words));
	return 0;
}

/* Cracklib's words for what is no fault of the password: a machine without
 * cracklib-runtime, and a caller whose own name it wants to compare. */
static bool
could_not_look(int found, const char *why)
{
	return found == PWQ_ERROR_CRACKLIB_CHECK && why != NULL &&
	    (strcmp(why, "error loading dictionary") == 0 ||
	    strcmp(why, "you are not registered in the password file") == 0);
}

static int
judge(pwquality_settings_t *rules, const char *secret, const char *account,
    struct err *err)
{
	void *more = NULL;
	int found = pwquality_check(rules, secret, NULL, account, &more);

	if (could_not_look(found, more)) {
		pwquality_set_int_value(rules, PWQ_SETTING_DICT_CHECK, 0);
		more = NULL;
		found = pwquality_check(rules, secret, NULL, account, &more);
	}
	return found >= 0 ? 0 : refuse(found, more, err);
}

static int
check_rules(const char *secret, const char *account, const char *domain,
    struct err *err)
{
	pwquality_settings_t *rules = pwquality_default_settings();

	if (rules == NULL)
		return err_set(err, ERR_TEMPORARY, "no memory");
	int done = read_rules(rules, domain, err);
	if (done == 0)
		done = judge(rules, secret, account, err);
	pwquality_free_settings(rules);
	return done;
}

/* --- what everybody tries ------------------------------------------------- */

/* What everybody tries first; digits and signs at the end do not help. */
static const char *const common[] = {
	"password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd",
	    "motdepasse", "contrasena",
	"qwerty", "qwertyui", "qwertyuiop", "qwertz", "qwertzui", "qwertzuiop",
	    "azerty",
	"azertyuiop", "asdfgh", "asdfghjk", "asdfghjkl", "yxcvbnm", "zxcvbnm",
	    "1q2w3e4r",
	"1q2w3e4r5t", "1qaz2wsx", "q1w2e3r4", "abcdefgh", "abcdefghi", "abc",
	    "abcd", "welcome",
	"welcometo", "letmein", "iloveyou", "sunshine", "princess", "football",
	    "baseball",
	"superman", "trustno", "dragon", "monkey", "master", "secret",
	    "changeme", "default",
	"admin", "administrator", "postmaster", "mail", "vmail", "hallo",
	    "geheim", "computer",
	"internet", "whatever", "starwars", "samsung", "michael", "jennifer",
	    "jordan", "test",
	"testtest", "summer", "winter", "", NULL,
};

static bool
is_listed(struct slice word)
{
	for (size_t i = 0; common[i] != NULL; i++)
		if (slice_same(word, slice_of(common[i])))
			return true;
	return false;
}

/* The word and digits; or the word twice, and digits. */
static bool
is_common(struct slice secret)
{
	struct slice stem = secret, half;

	while (stem.len > 0 &&
	    strchr("0123456789!?.,-_*#$+", stem.p[stem.len - 1]) != NULL)
		stem.len--;
	half = (struct slice){ stem.p, stem.len / 2 };
	return is_listed(secret) || is_listed(stem) || (stem.len % 2 == 0 &&
	    slice_same(half, slice_from(stem, half.len)) && is_listed(half));
}

/* --- all of it ------------------------------------------------------------ */

int
quality_check(struct slice secret, const char *account, const char *domain,
    struct err *err)
{
	SCOPED(drop_secret) struct str text = { 0 };

	if (secret.len > SECRET_MAX)
		return err_set(err, ERR_INVALID,
		    "the password is longer than %d bytes", SECRET_MAX);
	if (slice_has(secret, '\0') || utf8_has_control(secret))
		return err_set(err, ERR_INVALID,
		    "the password has a control character in it");
	str_room(&text, secret.len);
	str_addslice(&text, secret);
	if (check_rules(str_text(&text), account, domain, err) == -1)
		return -1;
	return is_common(secret) ? err_set(err, ERR_INVALID,
	    "the password is one that everybody tries first") : 0;
}
