/* filter.c: the command of a domain that every message of its accounts goes
 * through. */
#include "filter.h"

#include <sys/stat.h>

#include "address.h"
#include "admin_file.h"
#include "bounds.h"
#include "command.h"
#include "installation.h"
#include "judge.h"
#include "scope.h"
#include "tokens.h"

/* Whether an administrator wrote "no" into the account's file. */
static int
is_left_out(const struct account *account, bool *left_out, struct err *err)
{
	const struct domain *domain = account->domain;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	const char *path = pool_format(&pool, "%s/files/%s/%s.filter",
	    installation_path(domain->in, &pool, domain->in->conf.spool),
	    domain->name, account->name);
	struct slice rest, word;

	if (admin_file_read(domain, path, &text, err) == -1)
		return -1;
	rest = str_slice(&text);
	*left_out = slice_cut(&rest, '\n', &word) &&
	    slice_same(slice_trim(word), SLICE("no"));
	return 0;
}

static struct outcome
judge(const struct command_result *result, int out, enum filtered *filtered)
{
	struct outcome o = judge_command(result);
	struct stat st;
	struct err err;

	if (o.kind != OUTCOME_DONE)
		return o;
	if (fstat(out, &st) == -1) {
		err_fill_sys(&err, "the filter's output");
		return outcome_from_err(&err);
	}
	*filtered = st.st_size > 0 ? FILTER_OUTPUT : FILTER_NOTHING;
	return o;
}

/* The longest message, and what is added to its header. */
static uint64_t
output_max(const struct vmail_conf *conf)
{
	enum { ADDED = 65536 };

	return conf->max_message_size == 0 ||
	    conf->max_message_size > UINT64_MAX - ADDED ? UINT64_MAX :
	    conf->max_message_size + ADDED;
}

struct outcome
filter_run(struct job *job, const struct target *target, int out,
    enum filtered *filtered)
{
	const struct vmail_conf *conf = &job->in->conf;
	SCOPED(drop_command_result) struct command_result result = { 0 };
	SCOPED(drop_str) struct str shell = { 0 }, trace = { 0 };
	const struct tokens tokens = {
		.sender = job->sender, .domain = target->domain->name,
		/* Not the account's: it may tell an extension. */
		.recipient = address_text(&job->plan->pool, target->local,
		target->domain->name),
		.local = target->local,
		.delimiter = conf->recipient_delimiter,
	};
	struct stream content;
	struct err err;

	*filtered = FILTER_NONE;
	if (tokens_expand(target->account->domain->conf.filter, &tokens,
	    &shell, &err) == -1)
		return outcome_from_err(&err);
	str_adds(&trace, "Return-Path: <");
	address_add_sender(&trace, job->sender);
	str_adds(&trace, ">\n");
	message_content(&job->message, str_text(&trace), &content);
	struct command command = {
		.argv = (const char *const[]){ "/bin/sh", "-c",
		str_text(&shell), NULL },
		.environment = tokens_environment(&tokens,
		target->account->home, &job->plan->pool),
		.input = &content, .keep_output = true, .output_to = out,
		.output_max = output_max(conf),
		.deadline = deadline_within(job->deadline,
		(int64_t)conf->command_timeout * 1000),
	};
	bounds_set(job->in, &command);
	if (command_run(&command, &result, &err) == -1)
		return outcome_from_err(&err);
	return judge(&result, out, filtered);
}

struct outcome
filter_look(struct job *job, const struct target *target,
    enum filtered *filtered)
{
	bool left_out;
	struct err err;

	*filtered = FILTER_NONE;
	if (message_check_loop(&job->message, target_address(job->plan,
	    target), &err) == -1)
		return outcome_make(OUTCOME_PERMANENT, "5.4.6", "%s",
		    err.text);
	if (is_left_out(target->account, &left_out, &err) == -1)
		return outcome_from_err(&err);
	if (!left_out)
		*filtered = FILTER_OUTPUT;
	return outcome_make(OUTCOME_DONE, "2.0.0", "looked");
}
