/* user_import.c: accounts made from a CSV. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias_list.h"
#include "crowd.h"
#include "csv.h"
#include "fd.h"
#include "file.h"
#include "intake_there.h"
#include "mem.h"
#include "near.h"
#include "ops.h"
#include "param.h"
#include "password.h"
#include "scope.h"
#include "secret.h"

enum { FILE_MAX_BYTES = 64 << 20 };

/* What a line says, beside the newcomer that it becomes. */
struct row {
	struct newcomer	 newcomer;
	struct slice	 address;
	struct slice	 password;	/* in the file's text */
	struct slice	 hash;
};

struct import {
	struct call	*call;
	const char	*file;		/* for messages */
	struct str	 text;
	const struct column *column[CSV_FIELDS];
	size_t		 columns;
	struct crowd	 crowd;
	struct report	 report;
	size_t		 wrong;
	struct row	**rows;
	size_t		 count, room;
};

/* --- a line's fields ---------------------------------------------------- */

struct column {
	const char	*name;
	/* value is not empty */
	int		(*read)(struct import *, struct row *,
			    struct slice value, struct err *);
};

static int
read_address(struct import *import, struct row *row, struct slice value,
    struct err *err)
{
	(void)import;
	if (param_check(&param_account, value, err) == -1)
		return -1;
	row->address = value;
	return 0;
}

/* As "user add NAME=VALUE" would read it. */
static int
read_setting(struct import *import, const char *name, struct slice value,
    const char **out, struct err *err)
{
	struct pool *pool = &import->call->pool;
	const char *given = pool_format(pool, "%s=%s", name,
	    pool_dup(pool, value));
	struct slice unused, trimmed;

	if (slice_has(value, '\0'))
		return err_set(err, ERR_INVALID, "a NUL byte is in it");
	if (param_check(&param_account_setting, slice_of(given), err) == -1)
		return -1;
	param_assignment(given, &unused, &trimmed);
	*out = pool_dup(pool, trimmed);
	return 0;
}

static int
read_name(struct import *import, struct row *row, struct slice value,
    struct err *err)
{
	return read_setting(import, "name", value, &row->newcomer.full_name,
	    err);
}

static int
read_quota(struct import *import, struct row *row, struct slice value,
    struct err *err)
{
	return read_setting(import, "quota", value, &row->newcomer.quota, err);
}

static int
read_password(struct import *import, struct row *row, struct slice value,
    struct err *err)
{
	(void)import;
	(void)err;
	row->password = value;
	return 0;
}

static int
read_hash(struct import *import, struct row *row, struct slice value,
    struct err *err)
{
	struct slice behind = value;

	while (slice_starts(behind, "!"))
		behind = slice_from(behind, 1);
	if (slice_has(value, '\0') || (behind.len > 0 &&
	    !slice_is(behind, "*") && !password_is_known(pool_dup(
	    &import->call->pool, behind))))
		return err_set(err, ERR_INVALID,
		    "crypt(3) knows no such hash of a password");
	row->hash = value;
	return 0;
}

/* Who may write a command here is not for a CSV to say. */
static int
read_forward(struct import *import, struct row *row, struct slice value,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct alias_member *members;
	size_t count;
	unsigned line = 1;

	if (slice_has(value, '\0'))
		return err_set(err, ERR_INVALID, "a NUL byte is in it");
	if (alias_list_parse(&import->call->pool, value, true, ALIAS_ADDRESSES,
	    &line, &members, &count, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		alias_member_add(&text, &members[i]);
		str_addc(&text, '\n');
	}
	row->newcomer.forward = pool_dup(&import->call->pool,
	    str_slice(&text));
	return 0;
}

static const struct column columns[] = {
	{ "address", read_address }, { "name", read_name },
	{ "quota", read_quota }, { "forward", read_forward },
	{ "password", read_password }, { "hash", read_hash },
	{ 0 }
};

static const char *
column_name(const void *table, size_t index)
{
	return ((const struct column *)table)[index].name;
}

static int
find_column(struct import *import, struct slice name, struct err *err)
{
	SCOPED(drop_str) struct str near = { 0 };
	const struct setting *later = settings_row(account_settings, name);

	for (const struct column *c = columns; c->name != NULL; c++) {
		if (!slice_same(name, slice_of(c->name)))
			continue;
		for (size_t i = 0; i < import->columns; i++)
			if (import->column[i] == c)
				return err_set(err, ERR_INVALID,
				    "the column '%s' is there twice", c->name);
		import->column[import->columns++] = c;
		return 0;
	}
	if (later != NULL)
		return err_set(err, ERR_INVALID, "the column '%s' is not "
		    "available in this version", later->name);
	near_matches(name, column_name, columns, &near);
	return err_set(err, ERR_INVALID, "no column is called '%.*s'%s; there "
	    "are address, name, quota, forward, password and hash",
	    (int)(name.len < 60 ? name.len : 60), name.p, str_text(&near));
}

static bool
has_column(const struct import *import, const char *name)
{
	for (size_t i = 0; i < import->columns; i++)
		if (strcmp(import->column[i]->name, name) == 0)
			return true;
	return false;
}

static int
read_head(struct import *import, struct csv *csv, struct err *err)
{
	struct csv_record head;

	if (!csv_next(csv, &head))
		return err_set(err, ERR_INVALID, "%s: empty: its first line "
		    "names the columns, 'address' at least", import->file);
	if (head.wrong != NULL)
		return err_set(err, ERR_INVALID, "%s:%u: %s", import->file,
		    head.line, head.wrong);
	for (size_t i = 0; i < head.count; i++)
		if (find_column(import, slice_trim(head.field[i]), err) == -1)
			return err_within(err, "%s:%u", import->file,
			    head.line);
	if (!has_column(import, "address"))
		return err_set(err, ERR_INVALID, "%s:%u: the first line names "
		    "the columns, and 'address' is missing", import->file,
		    head.line);
	return 0;
}

/* --- lines -------------------------------------------------------------- */

static void
wrong(struct import *import, unsigned line, const char *what, const char *why)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	report_wrong(&import->report, pool_format(&pool, "%s:%u",
	    import->file, line), what, "%s", why);
	import->wrong++;
}

/* What the password or the hash field may be; which is which comes later. */
static const char *
wrong_in_whole(const struct row *row)
{
	if (row->address.len == 0)
		return "there is no address";
	if (row->password.len > 0 && row->hash.len > 0)
		return "a password and a hash: one of them is enough";
	return NULL;
}

static int
place_row(struct import *import, struct row *row, struct err *err)
{
	struct pool *pool = &import->call->pool;
	ptrdiff_t at = slice_find_last(row->address, '@');
	struct slice domain = at == -1 ?
	    slice_of(import->call->in.main_domain) :
	    slice_from(row->address, (size_t)at + 1);
	struct slice name = row->address;
	struct intake *intake;

	if (at != -1)
		name.len = (size_t)at;
	if (crowd_domain(&import->crowd, domain, &intake, err) == -1)
		return -1;
	row->newcomer.name = pool_dup(pool, name);
	if (row->password.len > 0 && secret_check(row->password,
	    row->newcomer.name, intake->domain->name, err) == -1)
		return -1;
	if (row->hash.len > 0)
		row->newcomer.hash = pool_dup(pool, row->hash);
	intake_add(intake, &row->newcomer);
	mem_room(&import->rows, &import->room, import->count,
	    sizeof *import->rows);
	import->rows[import->count++] = row;
	return 0;
}

static int
read_fields(struct import *import, const struct csv_record *record,
    struct row *row, const char **what, struct err *err)
{
	for (size_t i = 0; i < record->count; i++) {
		struct slice value = csv_plain(record->field[i]);
		*what = import->column[i]->name;
		if (import->column[i]->read != read_password)
			value = slice_trim(value);
		if (value.len > 0 && import->column[i]->read(import, row,
		    value, err) == -1)
			return -1;
	}
	return 0;
}

static void
read_row(struct import *import, const struct csv_record *record)
{
	struct row *row = pool_alloc(&import->call->pool, sizeof *row);
	const char *what = "line", *why = record->wrong;
	struct err err;

	row->newcomer.file = import->file;
	row->newcomer.line = record->line;
	if (why == NULL && record->count != import->columns)
		why = pool_format(&import->call->pool, "it has %zu fields, and "
		    "the first line %zu", record->count, import->columns);
	if (why == NULL && read_fields(import, record, row, &what, &err) == -1)
		why = err.text;
	else if (why == NULL && (why = wrong_in_whole(row)) == NULL) {
		what = pool_dup(&import->call->pool, row->address);
		if (place_row(import, row, &err) == -1)
			why = err.text;
	}
	if (why != NULL)
		wrong(import, record->line, what, why);
}

/* --- passwords ---------------------------------------------------------- */

/* One that opens the account that is there is the same password. */
static int
hash_one(struct import *import, const struct there *there, struct row *row,
    struct err *err)
{
	struct slice found = there_hash(there, row->newcomer.name);
	struct password password = { .hash = pool_dup(&import->call->pool,
	    found) };
	SCOPED(drop_str) struct str hash = { 0 };
	bool same = false;

	while (password.hash[0] == '!')
		password.hash++;
	if (found.len > 0 && password_check(&password, row->password, &same,
	    err) == -1)
		return -1;
	if (!same && password_hash(row->password, &hash, err) == -1)
		return -1;
	row->newcomer.hash = pool_dup(&import->call->pool,
	    same ? found : str_slice(&hash));
	return 0;
}

static int
hash_domain(struct import *import, const struct domain *domain,
    struct err *err)
{
	SCOPED(drop_there) struct there there = { 0 };

	if (there_read(domain, &import->call->pool, &there, err) == -1)
		return -1;
	for (size_t i = 0; i < import->count; i++) {
		struct row *row = import->rows[i];
		if (row->newcomer.domain == domain && row->password.len > 0 &&
		    hash_one(import, &there, row, err) == -1)
			return err_within(err, "%s:%u", import->file,
			    row->newcomer.line);
	}
	return 0;
}

/* Each costs time, and nobody waits for the lock meanwhile. */
static int
hash_all(struct import *import, struct err *err)
{
	for (size_t i = 0; has_column(import, "password") &&
	    i < import->crowd.count; i++)
		if (hash_domain(import, import->crowd.intakes[i].domain,
		    err) == -1)
			return -1;
	return 0;
}

/* --- the file ----------------------------------------------------------- */

/* In one piece, so that no password stays behind where it was moved from. */
static int
read_file(struct import *import, struct err *err)
{
	SCOPED(drop_fd) int own = -1;
	const char *path = call_text(import->call, "FILE");
	struct stat st = { 0 };
	int fd = STDIN_FILENO;

	import->file = strcmp(path, "-") == 0 ? "standard input" : path;
	if (strcmp(path, "-") != 0) {
		if (file_open(AT_FDCWD, path, 0, &own, &st, err) == -1)
			return -1;
		fd = own;
	}
	str_room(&import->text, (size_t)st.st_size + 32768);
	if (file_read(fd, FILE_MAX_BYTES, &import->text, err) == -1)
		return err_within(err, "%s", import->file);
	return 0;
}

static void
drop_import(struct import *import)
{
	drop_secret(&import->text);
	drop_crowd(&import->crowd);
	drop_report(&import->report);
	drop_mem(&import->rows);
}

int
user_import_ask(struct call *call, struct err *err)
{
	struct import *import = pool_alloc(&call->pool, sizeof *import);
	struct csv_record record;

	*import = (struct import){ .call = call, .crowd.call = call,
	    .report = REPORT_NEW };
	call->ready = import;
	if (read_file(import, err) == -1)
		return -1;
	struct csv csv = { .text = import->text.s, .len = import->text.len };
	if (read_head(import, &csv, err) == -1)
		return -1;
	while (csv_next(&csv, &record))
		read_row(import, &record);
	int done = import->wrong > 0 ? 0 : hash_all(import, err);
	drop_secret(&import->text);
	return done;
}

/* Every line is right, or nothing is done. */
static int
finish(struct import *import, struct err *err)
{
	if (crowd_judge(&import->crowd, err) == -1)
		return -1;
	import->wrong += crowd_wrong(&import->crowd, &import->report);
	if (import->wrong > 0) {
		sheet_print(&import->report.sheet);
		fflush(stdout);		/* before what sums it up */
		return err_set(err, ERR_INVALID, "%s: %zu line%s wrong: "
		    "nothing was changed", import->file, import->wrong,
		    import->wrong == 1 ? " is" : "s are");
	}
	if (crowd_make(&import->crowd, err) == -1)
		return -1;
	crowd_report(&import->crowd, &import->report);
	report_end(&import->report, import->call);
	return 0;
}

int
user_import(struct call *call, struct err *err)
{
	struct import *import = call->ready;
	int done = finish(import, err);

	drop_import(import);
	return done;
}
