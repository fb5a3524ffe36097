/* undo_brought.c: what a restore or an import from Linuxconf has brought goes to
 * the trash. */
#include "undo_brought.h"

#include <string.h>
#include <unistd.h>

#include "account.h"
#include "change.h"
#include "domain_delete.h"
#include "entries.h"
#include "link_file.h"
#include "user_delete.h"

static const char *
file_of(const struct journal_step *step)
{
	return strrchr(step->path, '/') + 1;
}

/* D where the step is of passwd.D; else NULL. */
static const char *
domain_of(const struct journal_step *step)
{
	const char *file = file_of(step);

	return step->kind == CHANGE_FILE && step->is &&
	    slice_starts(slice_of(file), "passwd.") ?
	    file + strlen("passwd.") : NULL;
}

/* --- domains -------------------------------------------------------------- */

/* A domain alias that was made for a domain which was there before. */
static int
remove_link(struct call *call, const struct journal_step *step,
    struct err *err)
{
	const char *file = file_of(step);

	if (step->kind != CHANGE_LINK || step->was || !step->is ||
	    !link_file_is(&call->in, file, step->to))
		return 0;
	if (change_remove(call->in.dir, file, NULL, err) == -1)
		return -1;
	return change_is_rehearsed() || fsync(call->in.dir) == 0 ? 0 :
	    err_sys(err, "sync %s", call->in.path);
}

/* The number of them. */
static int
delete_domains(struct call *call, const struct entry_file *entry,
    struct err *err)
{
	struct slice rest = entry->steps;
	struct journal_step step;
	int count = 0;

	while (entry_next_step(&rest, &call->pool, &step)) {
		const char *domain = domain_of(&step);
		if (remove_link(call, &step, err) == -1)
			return -1;
		if (domain == NULL || step.was)
			continue;
		if (domain_delete_imported(call, domain, err) == -1)
			return -1;
		count++;
	}
	return count;
}

/* --- an account ----------------------------------------------------------- */

/* It must still be who came. */
static int
find_brought(struct call *call, const char *domain_name, struct slice line,
    struct account **out, struct err *err)
{
	struct domain *domain;
	struct entry entry;
	uint64_t uid;

	if (!entries_next(&line, &entry) || entry.count != PASSWD_FIELDS ||
	    slice_number(entry.field[PASSWD_UID], UINT32_MAX, &uid) == -1)
		return err_set(err, ERR_REFUSED, "the line of passwd.%s in it "
		    "is broken", domain_name);
	if (domain_open(&call->in, &call->pool, slice_of(domain_name), &domain,
	    err) == 0 && account_find(domain, &call->pool,
	    entry.field[PASSWD_NAME], out, err) == 0) {
		if ((*out)->ident.uid == uid)
			return 0;
	} else if (err->kind == ERR_TEMPORARY)
		return -1;
	return err_set(err, ERR_REFUSED, "%.*s@%s is gone, has "
	    "another name, or is another one by now: 'vadmin user delete' "
	    "takes an account away",
	    (int)entry.field[PASSWD_NAME].len, entry.field[PASSWD_NAME].p,
	    domain_name);
}

static int
delete_account(struct call *call, const struct entry_file *entry,
    struct err *err)
{
	struct slice rest = entry->steps;
	struct journal_step step;
	struct account *account;

	while (entry_next_step(&rest, &call->pool, &step)) {
		const char *domain = domain_of(&step);
		if (domain == NULL || step.hunk.new.len == 0)
			continue;
		return find_brought(call, domain, step.hunk.new, &account,
		    err) == -1 || user_delete_brought(call, account,
		    err) == -1 ? -1 : 1;
	}
	return 0;
}

/* --- which of them -------------------------------------------------------- */

int
undo_brought(struct call *call, const struct entry_file *entry,
    struct err *err)
{
	const struct setting_words *words = &entry->words;

	if (strcmp(entry->operation, "import linuxconf") == 0)
		return delete_domains(call, entry, err) == -1 ? -1 : 1;
	/* One that was interrupted has brought nothing whole. */
	if (strcmp(entry->operation, "restore") != 0 ||
	    strcmp(entry->result, "done") != 0)
		return 0;
	if (words->count > 1 && strchr(words->word[1], '@') != NULL)
		return delete_account(call, entry, err);
	int count = delete_domains(call, entry, err);
	return count > 0 ? 1 : count;
}

bool
undo_brought_deletes(const struct entry_file *entry,
    const struct unfinished *what)
{
	return strcmp(what->op, "domain delete") == 0 &&
	    (strcmp(entry->operation, "import linuxconf") == 0 ||
	    strcmp(entry->operation, "restore") == 0);
}
