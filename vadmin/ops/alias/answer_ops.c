/* answer_ops.c: autoresponders, set, shown and deleted. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "admin_file.h"
#include "answer_file.h"
#include "answer_text.h"
#include "away.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "name.h"
#include "ops.h"
#include "output.h"
#include "pattern.h"
#include "resolve.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"
#include "subject.h"
#include "subject_pattern.h"

static int
read_name(struct call *call, struct subject *subject, struct err *err)
{
	if (subject_of(call, "NAME@D", subject, err) == -1)
		return -1;
	return name_is_account(slice_of(subject->name)) ? 0 : err_set(err,
	    ERR_INVALID, "'%.100s' can be no autoresponder", subject->name);
}

/* files/D and the file's name in it. */
static int
open_auto(struct call *call, int *dir, const char **name, struct err *err)
{
	struct subject subject;

	if (read_name(call, &subject, err) == -1)
		return -1;
	*name = pool_format(&call->pool, "%s.auto", pool_lower(&call->pool,
	    slice_of(subject.name)));
	return spool_files(subject.domain, true, dir, err);
}

static bool
is_stored(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->targets[i]->kind != TARGET_AUTO)
			return true;
	return plan->count == 0;
}

/* What surprises people: mail that is answered and nowhere, and two answers. */
static void
tell_use(struct call *call)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct subject subject;
	struct account *account;
	struct away_state state;
	struct err err;

	if (subject_of(call, "NAME@D", &subject, &err) == -1)
		return;
	const char *domain = subject.domain->name;
	resolve(&call->in, &plan, pool_format(&call->pool, "%s@%s",
	    subject.name, domain));
	if (!is_stored(&plan))
		note("%s@%s is neither an account nor an alias: its mail is "
		    "answered, and stored nowhere", subject.name, domain);
	if (account_find(subject.domain, &call->pool, slice_of(subject.name),
	    &account, &err) == 0 && away_look(account, &state, &err) == 0 &&
	    state.place != VACATION_NONE)
		note("the vacation of %s@%s is on, too: who writes gets two "
		    "answers", account->name, domain);
}

int
auto_set_ask(struct call *call, struct err *err)
{
	struct slice *text = pool_alloc(&call->pool, sizeof *text);
	struct subject subject;

	call->ready = text;
	return read_name(call, &subject, err) == -1 ? -1 : answer_file_read(
	    call_text(call, "FILE"), &call->pool, text, err);
}

int
auto_set(struct call *call, struct err *err)
{
	SCOPED(drop_answer_text) struct answer_text parsed = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const struct slice *text = call->ready;
	const char *name;

	if (open_auto(call, &dir, &name, err) == -1 ||
	    answer_file_take(*text, &parsed, err) == -1 ||
	    side_file_write(dir, name, *text, geteuid(), MODE_PUBLIC,
	    err) == -1)
		return -1;
	tell_use(call);
	return 0;
}

static int
no_such(struct call *call, struct err *err)
{
	return err_set(err, ERR_ABSENT, "there is no autoresponder %s",
	    call_text(call, "NAME@D"));
}

int
auto_show(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	const char *name;

	if (open_auto(call, &dir, &name, err) == -1)
		return -1;
	if (side_file_print(dir, name, err) == 0)
		return 0;
	return err->kind == ERR_ABSENT ? no_such(call, err) : -1;
}

int
auto_delete(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	const char *name;
	bool was;

	if (open_auto(call, &dir, &name, err) == -1 ||
	    side_file_remove(dir, name, &was, err) == -1)
		return -1;
	return was ? 0 : no_such(call, err);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
collect(int dir, struct call *call, const char ***names, size_t *count,
    struct err *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *listing = again != -1 ? fdopendir(again) : NULL;
	struct dirent *entry;
	size_t room = 0;

	if (listing == NULL)
		return err_sys(err, "list files/D");
	while (errno = 0, (entry = readdir(listing)) != NULL) {
		struct slice file = slice_of(entry->d_name);
		if (!slice_ends(file, ".auto") || file.p[0] == '.')
			continue;
		if (*count == room) {
			const char **more = pool_alloc(&call->pool,
			    (room * 2 + 16) * sizeof *more);
			if (room > 0)
				memcpy(more, *names, room * sizeof *more);
			room = room * 2 + 16;
			*names = more;
		}
		(*names)[(*count)++] = pool_dup(&call->pool, file);
	}
	return errno != 0 ? err_sys(err, "list files/D") : 0;
}

static int
list_domain(struct call *call, struct slice name, const char *pattern,
    struct sheet *sheet, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	struct domain *domain;
	const char **names = NULL;
	size_t count = 0;
	struct stat st;

	if (domain_open(&call->in, &call->pool, name, &domain, err) == -1 ||
	    spool_files(domain, true, &dir, err) == -1 ||
	    collect(dir, call, &names, &count, err) == -1)
		return -1;
	if (count > 0)
		qsort(names, count, sizeof *names, compare);
	for (size_t i = 0; i < count; i++) {
		const char *local = pool_format(&call->pool, "%.*s",
		    (int)(strlen(names[i]) - 5), names[i]);
		if ((pattern != NULL && !pattern_matches_address(pattern,
		    local, domain->name)) ||
		    fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		sheet_addf(sheet, "%s@%s", local, domain->name);
		sheet_addf(sheet, "%llu", (unsigned long long)st.st_size);
		sheet_adds(sheet, admin_file_counts(domain, &st) ? "yes" :
		    "no: not root's or the owner's, or no plain file");
	}
	return 0;
}

int
auto_list(struct call *call, struct err *err)
{
	static const char *const heads[] = { "AUTORESPONDER", "BYTES",
	    "COUNTS", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	struct subject_names names;

	if (subject_names(call, "D | PATTERN", &names, err) == -1)
		return -1;
	for (size_t i = 0; i < names.domains.count; i++) {
		const char *name = names.domains.word[i];
		if (list_domain(call, slice_of(name), names.pattern, &sheet,
		    err) == 0)
			continue;
		if (names.pattern == NULL)
			return -1;
		note("%s left out: %s", name, err->text);
	}
	sheet_print(&sheet);
	return 0;
}
