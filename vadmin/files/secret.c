/* secret.c: passwords: asked for, read, and made up. */
#include "secret.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#include "fd.h"
#include "quality.h"
#include "scope.h"

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
secret_ask_old(struct str *out, struct err *err)
{
	return ask_without_echo("Old password", out, err);
}

int
secret_from_terminal(const char *prompt, const char *account,
    const char *domain, struct str *out, struct err *err)
{
	SCOPED(drop_secret) struct str again = { 0 };

	if (ask_without_echo(prompt, out, err) == -1)
		return -1;
	if (out->len == 0)
		return 0;
	if (quality_check(str_slice(out), account, domain, err) == -1)
		return -1;
	if (ask_without_echo("The same again", &again, err) == -1)
		return -1;
	if (!slice_equal(str_slice(out), str_slice(&again)))
		return err_set(err, ERR_INVALID,
		    "the two passwords differ: nothing was changed");
	return 0;
}

/* --- made up ------------------------------------------------------------ */

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
