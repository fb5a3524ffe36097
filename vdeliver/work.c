/* work.c: what a courier does once it is the target's owner. */
#include "work.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "address.h"
#include "answer.h"
#include "bounds.h"
#include "command.h"
#include "fd.h"
#include "intake.h"
#include "judge.h"
#include "limit.h"
#include "mailbox.h"
#include "mbox.h"
#include "scope.h"
#include "tokens.h"
#include "warning.h"

/* --- what all of them do ------------------------------------------------ */

/* What goes on top: RFC 5321's Return-Path, and what ends mail loops. */
static void
add_trace(struct str *out, const char *sender, const char *delivered_to)
{
	if (sender != NULL) {
		str_adds(out, "Return-Path: <");
		address_add_sender(out, sender);
		str_adds(out, ">\n");
	}
	str_addf(out, "Delivered-To: %s\n", delivered_to);
}

static struct outcome
loop(const struct err *err)
{
	return outcome_make(OUTCOME_PERMANENT, "5.4.6", "%s", err->text);
}

/* Its copies for other machines carry the address: one that came back must not
 * reach the others once more (qmail's and Postfix's lists do the same). */
bool
work_came_back(const struct job *job, const struct recipient *recipient,
    struct err *err)
{
	return recipient != NULL && message_check_loop(&job->message,
	    address_text(&job->plan->pool, recipient->local,
	    recipient->domain), err) == -1;
}

static struct outcome
done(const char *how)
{
	return outcome_make(OUTCOME_DONE, "2.0.0", "%s", how);
}

/* --- an account -------------------------------------------------------- */

static int
open_in_mailbox(void *arg, int *fd, struct err *err)
{
	const struct mailbox *mailbox = arg;

	return intake_unnamed_file(mailbox->parent, fd, err);
}

/* Nobody waits for it, and mail that is delivered stays delivered: without the
 * warning the next crossing warns. */
static void
warn_of_limit(struct job *job, const struct account *account,
    const struct mailbox *mailbox, const struct room *before)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct room room = { .limit = before->limit };
	struct stream content = { 0 };
	struct delivery delivery = {
		.sender = "", .content = &content, .unnamed = -1,
		.deadline = job->deadline, .room = &room,
	};
	struct err err;

	if (!warning_is_due(before) ||
	    warning_make(account, before, &text, &err) == -1)
		return;
	stream_add_memory(&content, str_slice(&text));
	mailbox_deliver(mailbox, &delivery, &err);
}

struct outcome
work_is_full(const struct account *account)
{
	return account->domain->conf.over_quota == OVER_QUOTA_DEFER ?
	    outcome_make(OUTCOME_TEMPORARY, "4.2.2", "mailbox full") :
	    outcome_make(OUTCOME_PERMANENT, "5.2.2", "mailbox full");
}

struct outcome
work_is_disabled(void)
{
	return outcome_make(OUTCOME_PERMANENT, "5.2.1",
	    "the mailbox accepts no mail");
}

static struct outcome
put_into(struct job *job, const struct target *target,
    const struct mailbox *mailbox, uint64_t limit, const char *trace)
{
	struct stream content;
	struct room room = { .limit = limit };
	struct delivery delivery = {
		.sender = job->sender, .content = &content, .unnamed = -1,
		.deadline = job->deadline, .room = &room,
	};
	struct err err;

	if (message_check_loop(&job->message,
	    target_address(job->plan, target), &err) == -1)
		return loop(&err);
	if (message_content(&job->message, trace, &content)) {
		delivery.unnamed = job->message.file;
		delivery.octets = job->message.octets;
	}
	if (mailbox_deliver(mailbox, &delivery, &err) == -1)
		return err.kind == ERR_FULL ? work_is_full(target->account) :
		    outcome_from_err(&err);
	warn_of_limit(job, target->account, mailbox, &room);
	return done(mailbox->kind->name);
}

/* Nothing is made before the message has come to its end. */
static struct outcome
read_for(struct job *job, const struct account *account,
    struct mailbox *mailbox, bool is_there, const char *trace)
{
	struct outcome o = is_there ? intake_read(job, open_in_mailbox, mailbox,
	    trace) : intake_for_all(job);
	struct err err;

	if (o.kind == OUTCOME_DONE && !is_there &&
	    mailbox_open(account, true, &job->plan->pool, mailbox, &err) == -1)
		return outcome_from_err(&err);
	return o;
}

struct outcome
work_account(struct job *job, const struct target *target)
{
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	SCOPED(drop_str) struct str trace = { 0 };
	struct limit limit;
	struct err err;

	if (limit_read(target->account, &limit, &err) == -1)
		return outcome_from_err(&err);
	bool is_there = mailbox_open(target->account, !job->unread,
	    &job->plan->pool, &mailbox, &err) == 0;
	if (!is_there && (!job->unread || err.kind != ERR_ABSENT))
		return outcome_from_err(&err);
	if (limit.disabled)
		return work_is_disabled();
	add_trace(&trace, job->sender, target_address(job->plan, target));
	if (job->unread) {
		struct outcome o = read_for(job, target->account, &mailbox,
		    is_there, str_text(&trace));
		if (o.kind != OUTCOME_DONE)
			return o;
	}
	return put_into(job, target, &mailbox, limit.bytes, str_text(&trace));
}

/* --- a command --------------------------------------------------------- */

static struct tokens
tokens_of(const struct job *job, const struct target *target)
{
	return (struct tokens){
		.sender = job->sender,
		.recipient = target_address(job->plan, target),
		.domain = target->domain->name,
		.local = target->local,
		.delimiter = job->in->conf.recipient_delimiter,
	};
}

struct outcome
work_command(struct job *job, const struct target *target)
{
	SCOPED(drop_str) struct str shell = { 0 }, trace = { 0 };
	SCOPED(drop_command_result) struct command_result result = { 0 };
	struct tokens tokens = tokens_of(job, target);
	struct stream content;
	struct err err;

	if (tokens_expand(target->text, &tokens, &shell, &err) == -1)
		return outcome_from_err(&err);
	if (message_check_loop(&job->message, tokens.recipient, &err) == -1)
		return loop(&err);
	add_trace(&trace, job->sender, tokens.recipient);
	message_content(&job->message, str_text(&trace), &content);
	struct command command = {
		.argv = (const char *const[]){ "/bin/sh", "-c",
		str_text(&shell), NULL },
		.environment = tokens_environment(&tokens,
		target->account != NULL ? target->account->home : "/",
		&job->plan->pool), .input = &content,
		.deadline = deadline_within(job->deadline,
		(int64_t)job->in->conf.command_timeout * 1000),
	};
	bounds_set(job->in, &command);
	if (command_run(&command, &result, &err) == -1)
		return outcome_from_err(&err);
	return judge_command(&result);
}

/* --- a file ------------------------------------------------------------ */

static int
open_directory_of(const char *path, int *dir, const char **name,
    struct err *err)
{
	SCOPED(drop_str) struct str parent = { 0 };
	const char *slash = strrchr(path, '/');

	*name = slash + 1;
	if (**name == '\0')
		return err_set(err, ERR_INVALID, "%s: not a file", path);
	str_add(&parent, path, slash == path ? 1 : (size_t)(slash - path));
	*dir = open(str_text(&parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir == -1 ? err_sys(err, "%s", str_text(&parent)) : 0;
}

static int
append_to_file(struct job *job, const char *path, struct stream *content,
    struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;
	struct delivery delivery = { .sender = job->sender, .content = content,
	    .unnamed = -1 };
	struct deadline d = deadline_within(job->deadline,
	    (int64_t)job->in->conf.lock_timeout * 1000);
	const char *name;

	if (open_directory_of(path, &dir, &name, err) == -1 ||
	    mbox_file_open(dir, name, MBOX_FILE_FOREIGN, d, &file, err) == -1)
		return -1;
	return mbox_append(&file, &delivery, err);
}

struct outcome
work_file(struct job *job, const struct target *target)
{
	SCOPED(drop_str) struct str trace = { 0 };
	const char *address = target_address(job->plan, target);
	struct stream content;
	struct err err;

	if (strcmp(target->text, "/dev/null") == 0)
		return done("discarded");
	if (message_check_loop(&job->message, address, &err) == -1)
		return loop(&err);
	add_trace(&trace, job->sender, address);
	message_content(&job->message, str_text(&trace), &content);
	if (append_to_file(job, target->text, &content, &err) == -1) {
		err_fill_within(&err, "%s", target->text);
		return outcome_from_err(&err);
	}
	return done("file");
}

/* --- other machines ---------------------------------------------------- */

/* sendmail's words, then "-f sender -- recipients". */
static const char *const *
sendmail_arguments(struct job *job, const char *sender,
    const char *const *addresses, size_t count)
{
	struct pool *pool = &job->plan->pool;
	struct slice rest = slice_of(job->in->conf.sendmail), word;
	const char **argv = pool_alloc(pool,
	    (rest.len + count + 4) * sizeof *argv);
	size_t n = 0;

	while (slice_cut(&rest, ' ', &word))
		if (word.len > 0)
			argv[n++] = pool_dup(pool, word);
	argv[0] = installation_path(job->in, pool, argv[0]);
	argv[n++] = "-f";
	argv[n++] = address_option(pool, sender);
	argv[n++] = "--";
	for (size_t i = 0; i < count; i++)
		argv[n++] = addresses[i];
	return argv;
}

/* A call that fails refused to queue; no recipient is to blame. */
static struct outcome
call_sendmail(const struct command *command)
{
	SCOPED(drop_str) struct str reason = { 0 };
	SCOPED(drop_command_result) struct command_result result = { 0 };
	struct err err;

	if (command_run(command, &result, &err) == -1)
		return outcome_from_err(&err);
	if (WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0)
		return done("sendmail");
	command_reason(&result, &reason);
	return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
	    "%s failed (status %d): %s: see setting sendmail", command->argv[0],
	    WIFEXITED(result.status) ? WEXITSTATUS(result.status) :
	    128 + WTERMSIG(result.status), str_text(&reason));
}

struct outcome
work_sendmail(struct job *job, const struct recipient *recipient,
    const char *sender, const char *const *addresses, size_t count)
{
	SCOPED(drop_str) struct str trace = { 0 };
	const char *expanded = address_text(&job->plan->pool, recipient->local,
	    recipient->domain);
	struct tokens tokens = { .sender = job->sender, .recipient = expanded,
		.domain = recipient->domain, .local = recipient->local,
		.delimiter = "" };
	struct stream content;
	struct err err;

	if (message_check_loop(&job->message, expanded, &err) == -1)
		return loop(&err);
	/* A list's owner stands in for the sender; a null sender stays null. */
	if (sender == NULL || job->sender[0] == '\0')
		sender = job->sender;
	add_trace(&trace, NULL, expanded);
	message_content(&job->message, str_text(&trace), &content);
	struct command command = {
		.argv = sendmail_arguments(job, sender, addresses, count),
		.environment = tokens_environment(&tokens, "/",
		&job->plan->pool), .input = &content,
		.deadline = deadline_within(job->deadline,
		(int64_t)job->in->conf.command_timeout * 1000),
	};
	return call_sendmail(&command);
}

struct outcome
work_answer(struct job *job, const struct target *target)
{
	struct pool *pool = &job->plan->pool;
	struct tokens tokens = { .sender = "", .domain = target->domain->name,
		.recipient = target_address(job->plan, target),
		.local = target->local, .delimiter = "" };
	struct stream content = { 0 };
	struct address to;
	struct err err;

	if (answer_recipient(pool, job->sender, &to, &err) == -1)
		return outcome_from_err(&err);
	const char *address = address_text(pool, to.local, to.domain);
	stream_add_file(&content, job->message.file, 0, job->message.size);
	struct command command = {
		.argv = sendmail_arguments(job, "", &address, 1),
		.environment = tokens_environment(&tokens, "/", pool),
		.input = &content, .deadline = deadline_within(job->deadline,
		(int64_t)job->in->conf.command_timeout * 1000),
	};
	return call_sendmail(&command);
}
