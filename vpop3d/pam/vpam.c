/* vpam.c: asks PAM about one login, for a program that carries no libpam.
 *
 * See vpam_wire.h for what it is asked and answers.  Modules are foreign code
 * in this process: it has nothing open but its answer, no environment, and ends
 * when it has answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "fd.h"
#include "pam_service.h"
#include "vpam_wire.h"

struct request {
	char		 text[VPAM_REQUEST_MAX];
	const char	*field[VPAM_FIELDS];
};

static int
answer(int to, int status, const char *text)
{
	return dprintf(to, "%s\n", text) < 0 ? EX_TEMPFAIL : status;
}

/* --- the request -------------------------------------------------------- */

static bool
read_request(struct request *r)
{
	ssize_t n = fd_read(STDIN_FILENO, r->text, sizeof r->text);
	const char *at = r->text;

	if (n <= 0)
		return false;
	for (int i = 0; i < VPAM_FIELDS; i++) {
		size_t left = (size_t)n - (size_t)(at - r->text);
		const char *end = memchr(at, '\0', left);
		if (end == NULL)
			return false;
		r->field[i] = at;
		at = end + 1;
	}
	return at == r->text + n;
}

/* What modules print goes nowhere; the answer has a descriptor that their
 * commands do not inherit. */
static int
put_answer_aside(void)
{
	int to = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (to == -1 || nothing == -1 ||
	    dup2(nothing, STDIN_FILENO) == -1 ||
	    dup2(nothing, STDOUT_FILENO) == -1 ||
	    dup2(nothing, STDERR_FILENO) == -1)
		return -1;
	close(nothing);
	return to;
}

/* The password is not to be found in a core file or by another process. */
static void
hide_memory(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/* --- the conversation ---------------------------------------------------- */

struct talk {
	const char	*password;	/* NULL: it was given already */
	/* a module wanted more than one password */
	bool		 refused;
};

static void
drop_replies(struct pam_response *replies, int count)
{
	for (int i = 0; i < count; i++)
		if (replies[i].resp != NULL) {
			explicit_bzero(replies[i].resp,
			    strlen(replies[i].resp));
			free(replies[i].resp);
		}
	free(replies);
}

/* One hidden question is answered, once.  What modules tell is dropped. */
static int
reply_to(struct talk *talk, int style, char **reply)
{
	if (style == PAM_ERROR_MSG || style == PAM_TEXT_INFO)
		return PAM_SUCCESS;
	if (style != PAM_PROMPT_ECHO_OFF || talk->password == NULL) {
		talk->refused = true;
		return PAM_CONV_ERR;
	}
	*reply = strdup(talk->password);
	talk->password = NULL;
	return *reply == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

/* libpam's type of it is not ours to choose. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **out, void *arg)
{
	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	struct pam_response *replies = calloc((size_t)count, sizeof *replies);
	if (replies == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		int got = reply_to(arg, messages[i]->msg_style,
		    &replies[i].resp);
		if (got != PAM_SUCCESS) {
			drop_replies(replies, count);
			return got;
		}
	}
	*out = replies;
	return PAM_SUCCESS;
}

/* --- asking -------------------------------------------------------------- */

/* Who is wrong is delayed by vpop3d, whatever was wrong. */
static void
no_delay(int result, unsigned microseconds, void *arg)
{
	(void)result;
	(void)microseconds;
	(void)arg;
}

static int
set_items(pam_handle_t *pam, const struct request *r)
{
	union {
		void		(*fn)(int, unsigned, void *);
		const void	*item;
	} delay = { .fn = no_delay };
	int got = pam_set_item(pam, PAM_TTY, "pop3");

	if (got == PAM_SUCCESS && r->field[VPAM_PEER][0] != '\0')
		got = pam_set_item(pam, PAM_RHOST, r->field[VPAM_PEER]);
	if (got == PAM_SUCCESS)
		got = pam_set_item(pam, PAM_FAIL_DELAY, delay.item);
	return got;
}

/* A module that could not do its work, in contrast to one that says no. */
static int
status_of(int result)
{
	switch (result) {
	case PAM_SUCCESS:
		return 0;
	case PAM_AUTH_ERR:
	case PAM_USER_UNKNOWN:
	case PAM_MAXTRIES:
	case PAM_PERM_DENIED:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_AUTHTOK_EXPIRED:
	case PAM_CRED_EXPIRED:
		return EX_NOPERM;
	default:
		return EX_TEMPFAIL;
	}
}

static int
tell_ids(pam_handle_t *pam, int to)
{
	const void *name = NULL;

	if (pam_get_item(pam, PAM_USER, &name) != PAM_SUCCESS || name == NULL)
		return answer(to, EX_TEMPFAIL, "PAM names no user");
	errno = 0;
	const struct passwd *user = getpwnam(name);
	if (user != NULL)
		return dprintf(to, "%lu %lu %s\n", (unsigned long)user->pw_uid,
		    (unsigned long)user->pw_gid, user->pw_name) < 0 ?
		    EX_TEMPFAIL : 0;
	switch (errno) {
	case 0:
	case ENOENT:
	case ESRCH:
		return answer(to, EX_NOPERM, "not a user of the system");
	default:
		return answer(to, EX_TEMPFAIL, strerror(errno));
	}
}

/* Anything but one hidden question is refused like a wrong password: a module
 * that asks on after the right one must not tell so. */
static int
judge(pam_handle_t *pam, const struct request *r, const struct talk *talk,
    int result, int to)
{
	if (talk->refused)
		return answer(to, EX_NOPERM,
		    "a PAM module asked for more than one password");
	if (result != PAM_SUCCESS)
		return answer(to, status_of(result),
		    pam_strerror(pam, result));
	return r->field[VPAM_IDS][0] == '\0' ? 0 : tell_ids(pam, to);
}

static int
ask(const struct request *r, int to)
{
	enum { FLAGS = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK };
	struct talk talk = { .password = r->field[VPAM_PASSWORD] };
	const struct pam_conv conv = { converse, &talk };
	pam_handle_t *pam = NULL;

	if (!pam_service_exists(r->field[VPAM_SERVICE]))
		return answer(to, EX_TEMPFAIL,
		    "PAM has no file for this service in /etc/pam.d");
	int result = pam_start(r->field[VPAM_SERVICE], r->field[VPAM_USER],
	    &conv, &pam);
	if (result != PAM_SUCCESS)
		return answer(to, EX_TEMPFAIL, "PAM cannot be started");
	result = set_items(pam, r);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(pam, FLAGS);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(pam, FLAGS);
	int status = judge(pam, r, &talk, result, to);
	pam_end(pam, result);
	return status;
}

int
main(void)
{
	static struct request request;

	hide_memory();
	bool got = read_request(&request);
	int to = put_answer_aside();
	int status = got && to != -1 ? ask(&request, to) : EX_TEMPFAIL;
	explicit_bzero(&request, sizeof request);
	return status;
}
