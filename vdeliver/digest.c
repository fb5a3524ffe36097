/* digest.c: what the record of a recipient is called, by a program of its
 * own. */
#include "digest.h"

#include <ctype.h>
#include <string.h>
#include <sys/wait.h>

#include "address.h"
#include "command.h"
#include "fd.h"
#include "helper.h"
#include "record.h"
#include "scope.h"

static const char *
recipient_address(struct pool *pool, const struct recipient *r)
{
	return pool_lower(pool, slice_of(address_text(pool, r->local,
	    r->domain)));
}

static const char *const *
arguments(struct job *job, const char *program,
    struct recipient *const *recipients, size_t count)
{
	struct pool *pool = &job->plan->pool;
	const char **argv = pool_alloc(pool, (count + 4) * sizeof *argv);

	argv[0] = program;
	argv[1] = pool_format(pool, "%u", job->message.own_hops);
	argv[2] = job->sender;
	for (size_t i = 0; i < count; i++)
		argv[i + 3] = recipient_address(pool, recipients[i]);
	return argv;
}

static void
raw_bytes(const struct message *message, struct stream *stream)
{
	*stream = (struct stream){ 0 };
	if (message->file != -1)
		stream_add_file(stream, message->file, 0, message->size);
	else
		stream_add_memory(stream, str_slice(&message->memory));
}

static bool
is_name(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!isxdigit((unsigned char)line.p[i]))
			return false;
	return line.len == RECORD_NAME;
}

int
digest_names(struct job *job, struct recipient *const *recipients, size_t count,
    const char **names, struct err *err)
{
	SCOPED(drop_str) struct str path = { 0 };
	SCOPED(drop_fd) int program = -1;
	SCOPED(drop_command_result) struct command_result result = { 0 };
	static const char *const environment[] = { NULL };
	static const struct ident nobody = { IDENT_NOBODY, IDENT_NOBODY };
	struct stream input;

	if (helper_open("vdigest", &path, &program, err) == -1)
		return -1;
	raw_bytes(&job->message, &input);
	const struct command command = {
		.argv = arguments(job, str_text(&path), recipients, count),
		.program = program, .who = job->in->as_root ? &nobody : NULL,
		.environment = environment, .input = &input,
		.deadline = job->deadline, .keep_output = true,
		.output_max = count * (RECORD_NAME + 1),
	};
	if (command_run(&command, &result, err) == -1)
		return -1;
	struct slice rest = str_slice(&result.output), line = { 0 };
	bool good = WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0;
	for (size_t i = 0; good && i < count; i++) {
		good = slice_cut(&rest, '\n', &line) && is_name(line);
		names[i] = pool_dup(&job->plan->pool, line);
	}
	return good ? 0 : err_set(err, ERR_TEMPORARY,
	    "%s does not name a message: is it installed?", str_text(&path));
}
