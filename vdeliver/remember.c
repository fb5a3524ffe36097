/* remember.c: whether a sender was answered lately: vremember is asked. */
#include "remember.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "fd.h"
#include "scope.h"

enum {
	REMEMBER_MS = 10000,
	MOST_SENDERS = 100000,
};

/* "known\n", "broken\n", "broken WHY\n" */
static enum answer_verdict
verdict_of(struct slice said, const struct memory *m, struct err *detail)
{
	struct slice word, why = { 0 };

	slice_cut(&said, '\n', &why);
	if (!slice_cut(&why, ' ', &word))
		return ANSWER_BROKEN_INDEX;
	if (slice_is(word, "new"))
		return ANSWER_SENT;
	if (slice_is(word, "known"))
		return m->kind[0] == 'r' ? ANSWER_RATE : ANSWER_KNOWN;
	if (slice_is(word, "busy"))
		return ANSWER_BUSY_INDEX;
	if (why.len > 0)
		err_fill(detail, ERR_REFUSED, "%s/%s: %.*s", m->directory,
		    m->index, (int)why.len, why.p);
	return ANSWER_BROKEN_INDEX;
}

static const char *
decimal(struct pool *pool, uint64_t number)
{
	return pool_format(pool, "%llu", (unsigned long long)number);
}

enum answer_verdict
remember(const struct job *job, const struct memory *m, const char *sender,
    struct err *detail)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_command_result) struct command_result result = { 0 };
	static const char *const environment[] = { NULL };
	struct stream input = { 0 };

	stream_add_memory(&input, slice_of(sender));
	const struct command command = {
		.program = m->program,
		.argv = (const char *const[]){ m->program_path, m->index,
		m->kind, decimal(&pool, m->amount), decimal(&pool,
		(uint64_t)m->now), decimal(&pool, MOST_SENDERS), NULL },
		.environment = environment, .directory = m->directory,
		.input = &input, .keep_output = true, .output_max = 256,
		.deadline = deadline_within(job->deadline, REMEMBER_MS),
	};
	if (command_run(&command, &result, detail) == -1)
		return ANSWER_BROKEN_INDEX;
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) != 0) {
		err_fill(detail, ERR_TEMPORARY, "%s ended with status %d",
		    command.argv[0], WIFEXITED(result.status) ?
		    WEXITSTATUS(result.status) :
		    128 + WTERMSIG(result.status));
		return ANSWER_BROKEN_INDEX;
	}
	return verdict_of(str_slice(&result.output), m, detail);
}

int
remember_make_index(const struct memory *m, struct err *detail)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *path = pool_format(&pool, "%s/%s", m->directory,
	    m->index);
	SCOPED(drop_fd) int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);

	return fd == -1 ? err_sys(detail, "%s", path) : 0;
}
