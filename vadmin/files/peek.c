/* peek.c: whether somebody was answered already, without a change. */
#include "peek.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "command.h"
#include "fd.h"
#include "helper.h"
#include "pool.h"
#include "scope.h"

enum { PEEK_MS = 10000, MOST = 100000 };

static int
run(const struct peek *q, const char *sender, struct command_result *result,
    struct err *err)
{
	static const char *const environment[] = { NULL };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str path = { 0 };
	SCOPED(drop_fd) int program = -1;
	struct stream input = { 0 };

	if (helper_open("vremember", &path, &program, err) == -1)
		return -1;
	stream_add_memory(&input, slice_of(sender));
	const struct command command = {
		.program = program, .who = &q->who,
		.argv = (const char *const[]){ str_text(&path), q->index,
		q->kind, pool_format(&pool, "%llu",
		(unsigned long long)q->amount), pool_format(&pool, "%lld",
		(long long)time(NULL)), pool_format(&pool, "%d", MOST),
		"peek", NULL }, .environment = environment,
		.directory = q->directory, .input = &input,
		.keep_output = true, .output_max = 256,
		.deadline = deadline_in(PEEK_MS),
	};
	return command_run(&command, result, err);
}

enum answer_verdict
peek(const struct peek *q, const char *sender, struct err *err)
{
	SCOPED(drop_command_result) struct command_result result = { 0 };
	struct slice said, word;

	if (run(q, sender, &result, err) == -1)
		return ANSWER_BROKEN_INDEX;
	said = str_slice(&result.output);
	slice_cut(&said, '\n', &word);
	if (slice_is(word, "new"))
		return ANSWER_SENT;
	if (slice_is(word, "known"))
		return strcmp(q->kind, "rate") == 0 ? ANSWER_RATE :
		    ANSWER_KNOWN;
	err_fill(err, ERR_TEMPORARY, "%s/%s: %.*s", q->directory, q->index,
	    (int)word.len, word.p != NULL ? word.p : "");
	return ANSWER_BROKEN_INDEX;
}
