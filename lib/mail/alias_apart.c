/* alias_apart.c: reading an alias file that its owner could have made a
 * trap. */
#include "alias_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "address.h"
#include "child.h"
#include "confine.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"
#include "tokens.h"

enum {
	READ_MS = 30000,
	ANSWER_MAX = 16 << 20,
	ERROR_HEAD = 8,			/* strlen("error 1 ") */
	WORDS_MAX = 300,
};

/* --- the child --------------------------------------------------------- */

/* The answer, a line each: "error KIND TEXT", or "entry LINE LAST AGAIN NAME",
 * "wrong TEXT" and "a LINE TEXT", "m LINE TEXT" or "c LINE TEXT" for
 * members. */
static char
letter_of(enum alias_kind kind)
{
	switch (kind) {
	case ALIAS_ADDRESS:
		return 'a';
	case ALIAS_MAILBOX:
		return 'm';
	case ALIAS_COMMAND:
		return 'c';
	case ALIAS_FILE:
	case ALIAS_INCLUDE:
		break;			/* such a file's entry is wrong */
	}
	return '?';
}

/* Where it is none of them the answer is broken. */
static bool
kind_of(struct slice letter, enum alias_kind *kind)
{
	static const enum alias_kind kinds[] = {
		ALIAS_ADDRESS, ALIAS_MAILBOX, ALIAS_COMMAND,
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (letter.len == 1 && letter.p[0] == letter_of(kinds[i])) {
			*kind = kinds[i];
			return true;
		}
	return false;
}

static void
write_entry(const struct alias_entry *entry, struct str *out)
{
	str_addf(out, "entry %u %u %d %s\n", entry->line, entry->last_line,
	    entry->again, entry->name);
	if (entry->wrong != NULL)
		str_addf(out, "wrong %s\n", entry->wrong);
	for (size_t i = 0; i < entry->count && entry->wrong == NULL; i++)
		str_addf(out, "%c %u %s\n",
		    letter_of(entry->members[i].kind),
		    entry->members[i].line, entry->members[i].text);
}

/* Somebody else's .forward, or one that others can write to, is none. */
static int
check_own(const char *path, const struct stat *st,
    const struct alias_question *question, struct err *err)
{
	if ((st->st_uid == 0 || st->st_uid == question->owner) &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return err_set(err, ERR_ABSENT, "%s does not count: it must be uid "
	    "%u's, and closed to others (chown, chmod go-w)", path,
	    (unsigned)question->owner);
}

static int
open_own(const char *path, const struct alias_question *question, int *fd,
    struct err *err)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR ||
		    (errno == EACCES && question->may_be_closed) ?
		    err_set(err, ERR_ABSENT, "%s", "") :
		    err_sys(err, "%s", path);
	/* What has no bytes says nothing: it is not even opened. */
	if (!S_ISREG(st.st_mode) && st.st_size == 0)
		return err_set(err, ERR_ABSENT, "%s", "");
	return check_own(path, &st, question, err) == -1 ||
	    file_open(AT_FDCWD, path, 0, fd, &st, err) == -1 ? -1 :
	    check_own(path, &st, question, err);
}

static int
open_anybodys(const char *path, int *fd, struct err *err)
{
	if (file_open(AT_FDCWD, path, O_NOFOLLOW, fd, NULL, err) == 0)
		return 0;
	err->kind = ERR_TEMPORARY;
	return -1;
}

static int
answer_as_owner(const char *path, struct ident reader,
    const struct alias_question *question, struct pool *pool,
    struct alias_entry **entry, struct err *err)
{
	int fd = -1;

	if (ident_become(reader, err) == -1 || (question->own ?
	    open_own(path, question, &fd, err) :
	    open_anybodys(path, &fd, err)) == -1)
		return -1;
	return alias_scan(pool, path, fd, false, question, entry, err);
}

static _Noreturn void
child(int to, const char *path, struct ident reader,
    const struct alias_question *question)
{
	struct pool pool = { 0 };
	struct str out = { 0 };
	struct alias_entry *entry;
	struct err err;

	mem_told_by_parent();
	/* what else its parent has open is not for who reads a stranger's text */
	confine_fds(&to, 1);
	if (answer_as_owner(path, reader, question, &pool, &entry, &err) == 0)
		write_entry(entry, &out);
	else
		str_addf(&out, "error %d %s\n", err.kind == ERR_ABSENT,
		    err.text);
	_exit(fd_write(to, out.s, out.len) == -1);
}

/* --- the parent -------------------------------------------------------- */

static int
broken_answer(const char *path, struct err *err)
{
	return err_set(err, ERR_TEMPORARY, "%s: could not be read as its owner",
	    path);
}

static int
read_member(struct pool *pool, struct slice line, bool commands,
    struct alias_member *member, struct err *err)
{
	struct address address;
	struct slice letter, number;
	enum alias_kind kind;
	uint64_t n;

	if (!slice_cut(&line, ' ', &letter) || !kind_of(letter, &kind) ||
	    !slice_cut(&line, ' ', &number) ||
	    line.p == NULL || slice_number(number, UINT32_MAX, &n) == -1)
		return -1;
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ')
			return -1;
	*member = (struct alias_member){
		kind, pool_dup(pool, line), (unsigned)n,
	};
	if (kind == ALIAS_COMMAND)
		return commands ? tokens_check(member->text, err) : -1;
	return address_parse(pool, line, &address, err);
}

static int
read_head(struct pool *pool, struct slice line, struct alias_entry *entry)
{
	struct slice word, first, last, again;
	uint64_t n, m;

	if (!slice_cut(&line, ' ', &word) || !slice_cut(&line, ' ', &first) ||
	    !slice_cut(&line, ' ', &last) || !slice_cut(&line, ' ', &again) ||
	    slice_number(first, UINT32_MAX, &n) == -1 ||
	    slice_number(last, UINT32_MAX, &m) == -1)
		return -1;
	entry->line = (unsigned)n;
	entry->last_line = (unsigned)m;
	entry->again = slice_is(again, "1");
	entry->name = pool_dup(pool, line);
	return 0;
}

static int
read_answer(struct pool *pool, const char *path, bool commands,
    struct slice text, struct alias_entry **out, struct err *err)
{
	struct alias_entry *entry = pool_alloc(pool, sizeof *entry);
	struct slice rest = text, line;
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	entry->file = path;
	entry->members = pool_alloc(pool, (lines + 1) * sizeof *entry->members);
	if (!slice_cut(&rest, '\n', &line))
		return broken_answer(path, err);
	if (slice_starts(line, "error ")) {
		struct slice words = slice_from(line,
		    line.len < ERROR_HEAD ? line.len : ERROR_HEAD);
		return err_set(err, slice_starts(line, "error 1") ? ERR_ABSENT :
		    ERR_TEMPORARY, "%.*s",
		    (int)(words.len > WORDS_MAX ? WORDS_MAX : words.len),
		    words.p);
	}
	if (!slice_starts(line, "entry ") || read_head(pool, line, entry) == -1)
		return broken_answer(path, err);
	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		if (slice_starts(line, "wrong "))
			entry->wrong = pool_dup(pool, slice_from(line, 6));
		else if (read_member(pool, line, commands,
		    &entry->members[entry->count++], err) == -1)
			return broken_answer(path, err);
	}
	*out = entry;
	return 0;
}

static int
collect(int from, struct child *child_process, struct deadline d,
    struct str *text, struct err *err)
{
	char chunk[16384];
	ssize_t n;
	int status;

	while ((n = fd_read_by(from, chunk, sizeof chunk, d, err)) > 0) {
		str_add(text, chunk, (size_t)n);
		if (text->len > ANSWER_MAX)
			return err_set(err, ERR_TEMPORARY,
			    "the list is too long");
	}
	if (n == -1 || child_wait(child_process, d, &status, err) == -1)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == MEM_LACKED ?
	    err_set(err, ERR_TEMPORARY, MEM_SENTENCE) :
	    err_set(err, ERR_TEMPORARY, "its reader died");
}

int
alias_apart(struct pool *pool, const char *path, struct ident reader,
    struct deadline deadline, const struct alias_question *question,
    struct alias_entry **out, struct err *err)
{
	SCOPED(drop_fd) int from = -1;
	SCOPED(drop_fd) int to = -1;
	SCOPED(drop_child) struct child process = CHILD_NONE;
	SCOPED(drop_str) struct str text = { 0 };
	int ends[2];

	if (ident_is_forbidden((struct ident){ reader.uid, IDENT_NOBODY }))
		reader.uid = IDENT_NOBODY;
	if (ident_is_forbidden((struct ident){ IDENT_NOBODY, reader.gid }))
		reader.gid = IDENT_NOBODY;
	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "pipe");
	from = ends[0];
	to = ends[1];
	int forked = child_fork(&process, err);
	if (forked == 0)
		child(to, path, reader, question);
	drop_fd(&to);
	if (forked == -1 || collect(from, &process,
	    deadline_within(deadline, READ_MS), &text, err) == -1)
		return err_within(err, "%s", path);
	return read_answer(pool, path, question->commands, str_slice(&text),
	    out, err);
}
