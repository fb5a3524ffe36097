/* secret.c: passwords: asked for, read, made up, and judged. */
#include "secret.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "utf8.h"

enum { SECRET_MIN = 8, SECRET_MAX = 512, SECRET_DISTINCT = 5 };

/* A byte at a time: what follows the line is not ours.  The room is made at
 * once, so that no half of it stays behind in freed memory. */
static int
read_line(int fd, struct str *out, struct err *err)
{
	char c = '\0';

	str_room(out, SECRET_MAX + 1);
	for (;;) {
		ssize_t n = read(fd, &c, 1);
		if (n == -1)
			return err_sys(err, "read the password");
		if (n == 0 || c == '\n')
			return 0;
		if (out->len > SECRET_MAX)
			return err_set(err, ERR_INVALID,
			    "the password is longer than %d bytes", SECRET_MAX);
		str_addc(out, c);
	}
}

int
secret_from_stdin(struct str *out, struct err *err)
{
	if (read_line(STDIN_FILENO, out, err) == -1)
		return -1;
	if (slice_ends(str_slice(out), "\r"))
		str_cut(out, out->len - 1);
	return 0;
}

/* --- the terminal ------------------------------------------------------ */

static volatile sig_atomic_t interrupted;

static void
interrupt(int signo)
{
	interrupted = signo;
}

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { ENDS = sizeof ends / sizeof *ends };

/* The echo comes back before a signal ends us, or the shell would be blind.
 * The question comes when it is off: switching forgets what was typed. */
static int
ask_without_echo(const char *question, struct str *out, struct err *err)
{
	struct sigaction catch = { .sa_handler = interrupt }, before[ENDS];
	struct termios was, silent;

	if (tcgetattr(STDIN_FILENO, &was) == -1)
		return err_sys(err, "terminal");
	silent = was;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL | ICANON;
	for (size_t i = 0; i < ENDS; i++)
		sigaction(ends[i], &catch, &before[i]);
	int result = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == -1)
		result = err_sys(err, "terminal");
	else
		fprintf(stderr, "%s: ", question);
	if (result == 0)
		result = read_line(STDIN_FILENO, out, err);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	for (size_t i = 0; i < ENDS; i++)
		sigaction(ends[i], &before[i], NULL);
	if (interrupted)
		raise(interrupted);
	return result;
}

int
secret_from_terminal(const char *prompt, struct str *out, struct err *err)
{
	SCOPED(drop_secret) struct str again = { 0 };

	if (ask_without_echo(prompt, out, err) == -1)
		return -1;
	if (out->len == 0)
		return 0;
	if (ask_without_echo("The same again", &again, err) == -1)
		return -1;
	if (!slice_equal(str_slice(out), str_slice(&again)))
		return err_set(err, ERR_INVALID,
		    "the two passwords differ: nothing was changed");
	return 0;
}

/* --- made up and judged ------------------------------------------------ */

int
secret_generate(struct str *out, struct err *err)
{
	/* 32 characters that nobody mistakes for one another. */
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char random[16];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return err_sys(err, "random bytes");
	str_room(out, 2 * sizeof random);
	for (size_t i = 0; i < sizeof random; i++) {
		if (i > 0 && i % 4 == 0)
			str_addc(out, '-');
		str_addc(out, letters[random[i] % 32]);
	}
	explicit_bzero(random, sizeof random);
	return 0;
}

static size_t
distinct_bytes(struct slice s)
{
	bool seen[256] = { false };
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		n += !seen[c];
		seen[c] = true;
	}
	return n;
}

/* Whether lower, a text in lower case, has word in it, forwards or backwards.
 * Shorter words than four letters are in everything. */
static bool
holds(const struct str *lower, struct slice word)
{
	SCOPED(drop_str) struct str forward = { 0 }, backward = { 0 };

	if (word.len < 4)
		return false;
	str_addlower(&forward, word);
	for (size_t i = forward.len; i > 0; i--)
		str_addc(&backward, forward.s[i - 1]);
	return strstr(str_text(lower), str_text(&forward)) != NULL ||
	    strstr(str_text(lower), str_text(&backward)) != NULL;
}

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
is_common(const struct str *lower)
{
	struct slice stem = str_slice(lower);

	while (stem.len > 0 &&
	    strchr("0123456789!?.,-_*#$+", stem.p[stem.len - 1]) != NULL)
		stem.len--;
	for (size_t i = 0; common[i] != NULL; i++)
		if (slice_is(stem, common[i]) ||
		    slice_is(str_slice(lower), common[i]))
			return true;
	return false;
}

int
secret_check(struct slice secret, const char *account, const char *domain,
    struct err *err)
{
	SCOPED(drop_secret) struct str lower = { 0 };
	struct slice rest = slice_of(domain), label = { 0 };

	if (secret.len > SECRET_MAX)
		return err_set(err, ERR_INVALID,
		    "the password is longer than %d bytes", SECRET_MAX);
	if (slice_has(secret, '\0') || utf8_has_control(secret))
		return err_set(err, ERR_INVALID,
		    "the password has a control character in it");
	if (secret.len < SECRET_MIN)
		return err_set(err, ERR_INVALID,
		    "the password is shorter than %d characters", SECRET_MIN);
	str_room(&lower, secret.len);
	str_addlower(&lower, secret);
	slice_cut(&rest, '.', &label);
	if (slice_same(secret, slice_of(account)) ||
	    holds(&lower, slice_of(account)) || holds(&lower, label))
		return err_set(err, ERR_INVALID,
		    "the password has the account's or the domain's name in it");
	if (distinct_bytes(secret) < SECRET_DISTINCT || is_common(&lower))
		return err_set(err, ERR_INVALID,
		    "the password is one that everybody tries first");
	return 0;
}
