/* user_import.c: accounts made from a CSV. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confirm.h"
#include "crowd.h"
#include "csv_row.h"
#include "fd.h"
#include "file.h"
#include "import_addresses.h"
#include "intake_there.h"
#include "mem.h"
#include "ops.h"
#include "param.h"
#include "password.h"
#include "progress.h"
#include "scope.h"
#include "quality.h"
#include "secret.h"

enum { FILE_MAX_BYTES = 64 << 20 };

struct import {
	struct call	*call;
	const char	*file;		/* for messages */
	struct str	 text;
	struct csv_columns columns;
	struct crowd	 crowd;
	struct report	 report;
	size_t		 wrong;
	size_t		 passwords, hashed;
	struct csv_row	**rows;
	size_t		 count, room;
};

/* --- lines -------------------------------------------------------------- */

static void
wrong(struct import *import, unsigned line, const char *what, const char *why)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	report_wrong(&import->report, pool_format(&pool, "%s:%u",
	    import->file, line), what, "%s", why);
	import->wrong++;
}

static int
place_row(struct import *import, struct csv_row *row, struct err *err)
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
	if (row->password.len > 0 && quality_check(row->password,
	    row->newcomer.name, intake->domain->name, err) == -1)
		return -1;
	import->passwords += row->password.len > 0;
	if (row->hash.len > 0)
		row->newcomer.hash = pool_dup(pool, row->hash);
	row->newcomer.domain = intake->domain;
	if (import_addresses_check(import->call, &row->newcomer, err) == -1)
		return -1;
	intake_add(intake, &row->newcomer);
	mem_room(&import->rows, &import->room, import->count,
	    sizeof *import->rows);
	import->rows[import->count++] = row;
	return 0;
}

static void
read_row(struct import *import, const struct csv_record *record)
{
	struct csv_row *row = pool_alloc(&import->call->pool, sizeof *row);
	const char *what;
	struct err err;

	row->newcomer.file = import->file;
	row->newcomer.line = record->line;
	if (csv_row_read(&import->columns, record, &import->call->pool, row,
	    &what, &err) == -1 || place_row(import, row, &err) == -1)
		wrong(import, record->line, what, err.text);
}

/* --- passwords ---------------------------------------------------------- */

/* One that opens the account that is there is the same password. */
static int
hash_one(struct import *import, const struct there *there, struct csv_row *row,
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
		struct csv_row *row = import->rows[i];
		if (row->newcomer.domain != domain || row->password.len == 0)
			continue;
		if (hash_one(import, &there, row, err) == -1)
			return err_within(err, "%s:%u", import->file,
			    row->newcomer.line);
		progress_show("passwords", ++import->hashed,
		    import->passwords);
	}
	return 0;
}

/* Each costs time, and nobody waits for the lock meanwhile. */
static int
hash_all(struct import *import, struct err *err)
{
	for (size_t i = 0; csv_columns_have(&import->columns,
	    "password") &&
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
	if (strcmp(path, "-") == 0)
		tell_to_type("the CSV, its first line with the columns");
	else {
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
	if (!csv_next(&csv, &record))
		return err_set(err, ERR_INVALID, "%s: empty: its first line "
		    "names the columns, 'address' at least", import->file);
	if (csv_columns_read(&import->columns, &record, err) == -1)
		return err_within(err, "%s:%u", import->file, record.line);
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
	import_addresses_judge(import->call, import->rows, import->count);
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
