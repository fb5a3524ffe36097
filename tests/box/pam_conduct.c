/* pam_conduct.c: a PAM module that behaves as its arguments say.
 *
 *	auth required .../pam_conduct.so [word=password] [conduct...]
 *
 * It asks one hidden question and compares the answer with word; conducts that
 * differ from that stand in the table.  "seen=FILE" appends what it was told:
 * service, user, peer, tty.
 */
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* security/pam_modules.h does not declare them for us. */
int	pam_sm_authenticate(pam_handle_t *, int, int, const char **);
int	pam_sm_acct_mgmt(pam_handle_t *, int, int, const char **);
int	pam_sm_setcred(pam_handle_t *, int, int, const char **);

static const char *
value_of(const char *name, int argc, const char **argv)
{
	size_t len = strlen(name);

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
			return argv[i] + len + 1;
	return NULL;
}

static int
has(const char *word, int argc, const char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return 1;
	return 0;
}

/* *out is the caller's to free. */
static int
say(pam_handle_t *pam, int style, const char *text, char **out)
{
	const void *item = NULL;
	struct pam_message message = { style, text };
	const struct pam_message *messages[] = { &message };
	struct pam_response *replies = NULL;

	int got = pam_get_item(pam, PAM_CONV, &item);
	if (got != PAM_SUCCESS)
		return got;
	const struct pam_conv *conv = item;
	got = conv->conv(1, messages, &replies, conv->appdata_ptr);
	if (got == PAM_SUCCESS && out != NULL && replies != NULL)
		*out = replies[0].resp;
	free(replies);
	return got;
}

static const char *
item_text(pam_handle_t *pam, int which)
{
	const void *item = NULL;

	return pam_get_item(pam, which, &item) == PAM_SUCCESS && item != NULL ?
	    item : "-";
}

static void
note(pam_handle_t *pam, const char *path)
{
	FILE *file = path == NULL ? NULL : fopen(path, "a");

	if (file == NULL)
		return;
	fprintf(file, "%s %s %s %s %d\n", item_text(pam, PAM_SERVICE),
	    item_text(pam, PAM_USER), item_text(pam, PAM_RHOST),
	    item_text(pam, PAM_TTY), getpid());
	fclose(file);
}

static void
make_noise(void)
{
	static const char text[] = "+OK noise from a module\r\n";

	for (int fd = 0; fd < 3; fd++)
		if (write(fd, text, sizeof text - 1) == -1)
			continue;
	fputs(text, stdout);
	fflush(stdout);
}

int
pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	const char *word = value_of("word", argc, argv);
	const char *name = value_of("rename", argc, argv);
	char *given = NULL, *more = NULL;

	(void)flags;
	note(pam, value_of("seen", argc, argv));
	if (has("noise", argc, argv))
		make_noise();
	if (has("chatty", argc, argv)) {
		say(pam, PAM_TEXT_INFO, "welcome", NULL);
		say(pam, PAM_ERROR_MSG, "and beware", NULL);
	}
	if (has("crash", argc, argv))
		abort();
	while (has("hang", argc, argv))
		pause();
	if (has("away", argc, argv))
		return PAM_AUTHINFO_UNAVAIL;
	int got = say(pam, has("echo", argc, argv) ? PAM_PROMPT_ECHO_ON :
	    PAM_PROMPT_ECHO_OFF, "Password: ", &given);
	if (got == PAM_SUCCESS && given != NULL && word != NULL &&
	    strcmp(given, word) != 0)
		got = PAM_AUTH_ERR;
	free(given);
	if (got == PAM_SUCCESS && has("twice", argc, argv))
		got = say(pam, PAM_PROMPT_ECHO_OFF, "Once more: ", &more);
	free(more);
	if (got == PAM_SUCCESS && name != NULL)
		got = pam_set_item(pam, PAM_USER, name);
	return got;
}

int
pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	if (has("stale", argc, argv))
		return PAM_NEW_AUTHTOK_REQD;
	return has("expired", argc, argv) ? PAM_ACCT_EXPIRED : PAM_SUCCESS;
}

int
pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
	(void)pam;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
