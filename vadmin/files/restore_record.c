/* restore_record.c: DIR/.restore: how far a restoring has come. */
#include "restore_record.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "scope.h"

#define RECORD	".restore"

void
drop_restore_record(struct restore_record *r)
{
	drop_table(&r->by_name);
	drop_pool(&r->pool);
}

void
restore_record_add(struct restore_record *r, const char *account, uid_t uid)
{
	struct restored_uid *one = pool_alloc(&r->pool, sizeof *one);

	*one = (struct restored_uid){ pool_dup(&r->pool, slice_of(account)),
	    uid, r->uids };
	r->uids = one;
	*table_at(&r->by_name, one->account) = one;
}

uid_t
restore_record_uid(const struct restore_record *r, const char *account)
{
	const struct restored_uid *found = table_find(&r->by_name, account);

	return found != NULL ? found->uid : 0;
}

/* --- the file -------------------------------------------------------- */

static void
read_line(struct restore_record *r, struct slice line)
{
	struct slice rest = line, word;
	uint64_t number;

	if (slice_is(line, "begun"))
		r->begun = true;
	if (!slice_cut(&rest, ' ', &word))
		return;
	if (slice_is(word, "done") &&
	    slice_number(rest, UINT64_MAX, &number) == 0)
		r->done = number;
	if (!slice_is(word, "uid") || !slice_cut(&rest, ' ', &word) ||
	    slice_number(word, UINT32_MAX - 1, &number) == -1)
		return;
	restore_record_add(r, pool_dup(&r->pool, rest), (uid_t)number);
}

/* The last word of "vmail-restore ID U@D", and nothing for all. */
static struct slice
what_of(struct slice id)
{
	ptrdiff_t blank = slice_find_last(id, ' ');
	struct slice what = slice_from(id, (size_t)(blank + 1));

	return slice_is(what, "all") ? SLICE("") : what;
}

static int
refuse(const struct installation *in, struct slice id, struct slice rest,
    struct err *err)
{
	SCOPED(drop_str) struct str call = { 0 };
	struct slice line, word;

	str_addf(&call, "see vmail-restore in %s/" RECORD, in->path);
	while (slice_cut(&rest, '\n', &line)) {
		if (!slice_cut(&line, ' ', &word) || !slice_is(word, "file"))
			continue;
		struct slice what = what_of(id);
		str_cut(&call, 0);
		str_addf(&call, "'vadmin restore %.*s%s%.*s'", (int)line.len,
		    line.p, what.len > 0 ? " " : "", (int)what.len, what.p);
	}
	return err_set(err, ERR_REFUSED, "another restore was interrupted: "
	    "repeat that one first (%s), or remove %s/" RECORD,
	    str_text(&call), in->path);
}

int
restore_record_read(const struct installation *in, const char *id,
    const char *file, struct restore_record *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line;

	r->id = id;
	r->file = file;
	if (files_read(in, RECORD, &text, NULL, err) == -1)
		return -1;
	rest = str_slice(&text);
	if (!slice_cut(&rest, '\n', &line) || line.len == 0)
		return 0;
	if (!slice_is(line, id))
		return refuse(in, line, rest, err);
	while (slice_cut(&rest, '\n', &line))
		read_line(r, line);
	return 0;
}

bool
restore_record_is_there(const struct installation *in)
{
	return files_exists(in->dir, RECORD);
}

int
restore_record_write(const struct installation *in,
    const struct restore_record *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_addf(&text, "%s\ndone %llu\n", r->id, (unsigned long long)r->done);
	if (strchr(r->file, '\n') == NULL)
		str_addf(&text, "file %s\n", r->file);
	if (r->begun)
		str_adds(&text, "begun\n");
	for (const struct restored_uid *u = r->uids; u != NULL; u = u->next)
		str_addf(&text, "uid %u %s\n", (unsigned)u->uid, u->account);
	return files_write(in, RECORD, MODE_SECRET, str_slice(&text), err);
}

int
restore_record_next(const struct installation *in, struct restore_record *r,
    struct err *err)
{
	r->done++;
	r->begun = false;
	r->uids = NULL;
	drop_table(&r->by_name);
	return restore_record_write(in, r, err);
}

int
restore_record_end(const struct installation *in, struct err *err)
{
	if (unlinkat(in->dir, RECORD, 0) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s/" RECORD, in->path);
	return fsync(in->dir) == -1 ? err_sys(err, "sync %s", in->path) : 0;
}
