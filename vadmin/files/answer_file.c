/* answer_file.c: the text of an automatic answer, as it is handed in. */
#include "answer_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "answer_parse.h"
#include "confirm.h"
#include "fd.h"
#include "file.h"
#include "operation.h"
#include "scope.h"

static bool
is_blank(struct slice text)
{
	struct slice line;

	while (slice_cut(&text, '\n', &line))
		if (slice_trim(line).len > 0)
			return false;
	return true;
}

int
answer_file_read(const char *path, struct pool *pool, struct slice *text,
    struct err *err)
{
	bool typed = strcmp(path, "-") == 0;
	SCOPED(drop_fd) int fd = typed ?
	    fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) :
	    open(path, O_RDONLY | O_CLOEXEC);
	SCOPED(drop_answer_text) struct answer_text parsed = { 0 };
	SCOPED(drop_str) struct str bytes = { 0 };

	if (fd == -1) {
		err_fill_open(err, path);
		return -1;
	}
	if (typed)
		tell_to_type("the text: fields as Subject, an empty line, and "
		    "what is said");
	if (file_read(fd, ANSWER_TEXT_MAX, &bytes, err) == -1 ||
	    answer_parse(str_slice(&bytes), &parsed, err) == -1)
		return err_within(err, "%.200s", path);
	*text = (struct slice){ pool_dup(pool, str_slice(&bytes)), bytes.len };
	return 0;
}

int
answer_file_take(struct slice text, struct answer_text *parsed,
    struct err *err)
{
	if (answer_parse(text, parsed, err) == -1)
		return -1;
	if (parsed->left_out.len > 0)
		note("not sent: %s", str_text(&parsed->left_out));
	if (is_blank(str_slice(&parsed->body)))
		note("the text is empty: an empty line ends its header");
	return 0;
}
