/* successor.c: the process that goes on from a login with the client. */
#include "successor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carry.h"
#include "dialogue.h"
#include "fd.h"
#include "mem.h"
#include "native.h"
#include "packet.h"
#include "scope.h"
#include "stop.h"

enum {
	/* for a session to end when it is told to */
	LEAVE_MS = 30000,
	/* for the native pop3d to end by itself; then, when it is told to */
	NATIVE_LEAVE_MS = 5000,
};

void
drop_successor(struct successor *s)
{
	drop_child(&s->child);
	drop_child(&s->native);
	drop_fd(&s->socket);
}

/* --- its beginning ------------------------------------------------------ */

static void
say_temporary(struct opened *opened, const char *text)
{
	*opened = (struct opened){ .verdict = VERDICT_TEMPORARY };
	snprintf(opened->text, sizeof opened->text, "%s", text);
}

/* As fork(): 0 in the child, whose end of the socket *end is. */
static int
begin(struct successor *s, int stop, int *end, struct opened *opened)
{
	struct err err;
	int forked = packet_fork(&s->child, end, &err);

	s->stop = stop;
	if (forked == -1)
		say_temporary(opened, err.text);
	else if (forked > 0)
		s->socket = *end;
	return forked;
}

/* What it says first; where there is nothing it is that.  Late: what took too
 * long, for the log. */
static void
hear_opened(struct successor *s, struct deadline d, const char *late,
    struct opened *opened)
{
	enum woken woken = stop_wait(s->stop, s->socket, d);

	if (woken == TIMED_OUT)
		say_temporary(opened, late);
	else if (woken == STOPPED || packet_receive(s->socket, opened,
	    sizeof *opened, deadline_in(0)) == -1)
		say_temporary(opened, "the session's process ended early");
	opened->text[sizeof opened->text - 1] = '\0';
	opened->words[sizeof opened->words - 1] = '\0';
	s->is_open = opened->verdict == VERDICT_OPEN;
	if (s->is_open)
		return;
	drop_child(&s->child);
	drop_fd(&s->socket);
}

void
successor_session(struct successor *s, const struct session_start *given,
    struct request *secrets, struct deadline d, struct opened *opened)
{
	struct session_start start = *given;
	int forked = begin(s, start.stop, &start.parent, opened);

	if (forked == 0) {
		explicit_bzero(secrets, sizeof *secrets);
		session_run(&start);
		_exit(0);
	}
	if (forked > 0)
		hear_opened(s, d, "it takes longer to read the mailbox than "
		    "login-timeout allows", opened);
}

void
successor_passage(struct successor *s, const struct passage_start *given,
    char *const *native, const struct startup *found, struct deadline d,
    struct opened *opened)
{
	struct passage_start start = *given;
	/* the passage alone keeps it: it ends when that does */
	SCOPED(drop_fd) int to_native = -1;
	struct err err;

	if (native_start(native, found, &s->native, &to_native, &err) == -1) {
		say_temporary(opened, err.text);
		return;
	}
	start.native = to_native;
	start.native_pidfd = s->native.pidfd;
	int forked = begin(s, start.stop, &start.parent, opened);
	if (forked == 0) {
		passage_run(&start);
		_exit(0);
	}
	if (forked > 0)
		hear_opened(s, d, "the native pop3d did not answer in time",
		    opened);
}

void
successor_begin(const struct successor *s, const struct request *r)
{
	struct ahead ahead = { .len = r->ahead_len };

	memcpy(ahead.bytes, r->ahead, r->ahead_len);
	packet_send(s->socket, &ahead, sizeof ahead);
}

/* --- its end ------------------------------------------------------------ */

/* -1: it has no last words. */
static int
hear_report(const struct successor *s, void *report, size_t size)
{
	struct deadline d = { INT64_MAX };

	if (stop_wait(s->stop, s->socket, deadline_in(MEM_REST_MS)) == TIMED_OUT)
		mem_give_back();
	while (stop_wait(s->stop, s->socket, d) == TIMED_OUT)
		;
	/* Told to end, it ends by itself: it may be writing the mailbox. */
	kill(s->child.pid, SIGTERM);
	return packet_receive(s->socket, report, size, deadline_in(LEAVE_MS));
}

void
successor_hear_session(const struct successor *s, struct report *report)
{
	if (hear_report(s, report, sizeof *report) == 0)
		return;
	*report = (struct report){ .end = END_ERROR,
	    .text = "the session's process ended early" };
}

int
successor_end_native(struct successor *s)
{
	int status;

	child_end(&s->native, NATIVE_LEAVE_MS, &status);
	return status;
}

void
successor_hear_passage(struct successor *s, struct passed *passed,
    char text[WIRE_TEXT])
{
	text[0] = '\0';
	if (hear_report(s, passed, sizeof *passed) == -1) {
		*passed = (struct passed){ .end = CARRY_ERROR };
		snprintf(text, WIRE_TEXT, "the passage's process ended early");
	}
	int status = successor_end_native(s);
	if (WIFSIGNALED(status))
		snprintf(text, WIRE_TEXT,
		    "the native pop3d ended by signal %d", WTERMSIG(status));
}
