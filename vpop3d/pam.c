/* pam.c: asking PAM about a password, by the program vpam. */
#include "pam.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "command.h"
#include "helper.h"
#include "password.h"
#include "scope.h"
#include "vpam_wire.h"

enum { PAM_MS = 30000 };

static_assert(VPAM_PASSWORD == VPAM_FIELDS - 1, "the password comes last");

/* vpam's fields; the password in memory that is cleared. */
struct request {
	struct str	head;
	char		password[PASSWORD_MAX + 1];
	struct stream	stream;
};

static void
drop_request(struct request *r)
{
	explicit_bzero(r->password, sizeof r->password);
	drop_str(&r->head);
}

static void
write_request(struct request *r, const struct pam_question *q)
{
	const char *const fields[VPAM_PASSWORD] = {
		[VPAM_SERVICE] = q->service,
		[VPAM_USER] = q->user,
		[VPAM_PEER] = strcmp(q->peer, "-") == 0 ? "" : q->peer,
		[VPAM_IDS] = q->wants_ids ? "ids" : "",
	};

	for (int i = 0; i < VPAM_PASSWORD; i++)
		str_add(&r->head, fields[i], strlen(fields[i]) + 1);
	memcpy(r->password, q->password.p, q->password.len);
	stream_add_memory(&r->stream, str_slice(&r->head));
	stream_add_memory(&r->stream,
	    (struct slice){ r->password, q->password.len + 1 });
}

/* Who is told to end meanwhile ends, and what it started with it. */
static int
run(const struct command *command, struct command_result *result,
    struct err *err)
{
	sigset_t term, before;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &term, &before);
	int got = command_run(command, result, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return got;
}

static struct slice
first_line(const struct str *text)
{
	struct slice rest = str_slice(text), line = { 0 };

	slice_cut(&rest, '\n', &line);
	return line;
}

/* "UID GID NAME" */
static int
read_ids(struct slice line, struct pool *pool, struct pam_user *user,
    struct err *err)
{
	struct slice uid = { 0 }, gid = { 0 };
	uint64_t u, g;

	slice_cut(&line, ' ', &uid);
	slice_cut(&line, ' ', &gid);
	if (slice_number(uid, UINT32_MAX, &u) == -1 ||
	    slice_number(gid, UINT32_MAX, &g) == -1 || line.len == 0)
		return err_set(err, ERR_TEMPORARY,
		    "vpam's answer is no uid, gid and name");
	*user = (struct pam_user){ pool_dup(pool, line),
	    { (uid_t)u, (gid_t)g } };
	return 0;
}

static int
judge(const struct command_result *result, const char *path, struct err *err)
{
	SCOPED(drop_str) struct str reason = { 0 };
	struct slice line = first_line(&result->output);
	int status = result->status;

	if (WIFSIGNALED(status))
		return err_set(err, ERR_TEMPORARY,
		    "a PAM module broke: %s ended by signal %d", path,
		    WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case EX_NOPERM:
		return err_set(err, ERR_REFUSED, "%.*s", (int)line.len,
		    line.p);
	case EX_TEMPFAIL:
		return err_set(err, ERR_TEMPORARY, "%.*s", (int)line.len,
		    line.p);
	default:
		command_reason(result, &reason);
		return err_set(err, ERR_TEMPORARY, "%s failed: %s", path,
		    str_text(&reason));
	}
}

int
pam_ask(const struct pam_question *q, struct pool *pool, struct pam_user *user,
    struct err *err)
{
	SCOPED(drop_str) struct str path = { 0 };
	SCOPED(drop_request) struct request request = { 0 };
	SCOPED(drop_command_result) struct command_result result = { 0 };
	static const char *const environment[] = { NULL };
	struct command command = {
		.environment = environment, .input = &request.stream,
		.deadline = deadline_within(q->deadline, PAM_MS),
		.keep_output = true, .output_max = VPAM_ANSWER_MAX,
	};

	/* An empty password is "nobody" to some directories, and right. */
	if (q->password.len == 0 || q->password.len > PASSWORD_MAX ||
	    slice_has(q->password, '\0'))
		return err_set(err, ERR_REFUSED, "no password can be this");
	helper_path("vpam", &path);
	command.argv = (const char *const[]){ str_text(&path), NULL };
	write_request(&request, q);
	if (run(&command, &result, err) == -1 ||
	    judge(&result, str_text(&path), err) == -1)
		return err_within(err, "PAM");
	return q->wants_ids ? read_ids(first_line(&result.output), pool, user,
	    err) : 0;
}
