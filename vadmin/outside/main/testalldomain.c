/* testalldomain.c: all domains of our own, or of a name server, as the world
 * finds them (see testalldomain(8)). */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "domain.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "name.h"
#include "named_conf.h"
#include "options.h"
#include "outside.h"
#include "output.h"
#include "scope.h"
#include "table.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

static const char usage_text[] =
    "usage: testalldomain [-C dir] [-s server] [--resolver ADDRESS:PORT]\n"
    "                     [--selector NAME]... [named.boot | named.conf]\n";

/* The domains, each once, in the order in which they came. */
struct domains {
	struct options			*options;
	struct table			 known;
	struct outside_question		*questions;
	struct outside_result		*results;
	size_t				 count, room, room_results;
};

static void
drop_domains(struct domains *all)
{
	for (size_t i = 0; i < all->count; i++)
		drop_outside_result(&all->results[i]);
	drop_mem(&all->questions);
	drop_mem(&all->results);
	drop_table(&all->known);
}

static void
add(struct domains *all, const char *name)
{
	struct options *o = all->options;

	if (table_find(&all->known, name) != NULL)
		return;
	mem_room(&all->questions, &all->room, all->count,
	    sizeof *all->questions);
	mem_room(&all->results, &all->room_results, all->count,
	    sizeof *all->results);
	const char *kept = pool_dup(&o->pool, slice_of(name));
	*table_at(&all->known, kept) = all;
	all->results[all->count] = (struct outside_result){ 0 };
	outside_ask(o->has_in ? &o->in : NULL, &o->pool, &o->outside, kept,
	    &all->questions[all->count++]);
}

/* --- of our own ---------------------------------------------------------- */

static int
add_own(void *arg, const char *name, bool is_alias, struct err *err)
{
	(void)is_alias;
	(void)err;
	add(arg, name);
	return 0;
}

/* --- of a name server ---------------------------------------------------- */

struct reading {
	struct domains	*all;
	struct named	 named;
};

static void
drop_reading(struct reading *r)
{
	drop_named(&r->named);
}

static int
add_zone(void *arg, struct slice name, struct err *err)
{
	const struct reading *r = arg;
	SCOPED(drop_str) struct str canonical = { 0 };
	struct err why;

	(void)err;
	if (name_canonical_domain(name, &canonical, &why) == 0)
		add(r->all, str_text(&canonical));
	else {
		err_fill_within(&why, "%s:%u: the zone '%.*s' is left out",
		    r->named.path, r->named.line, (int)name.len, name.p);
		options_complain(r->all->options, &why);
	}
	return 0;
}

static int
read_one(struct named *named, const char *path, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str text = { 0 };

	if (file_open(AT_FDCWD, path, 0, &fd, NULL, err) == -1)
		return -1;
	if (file_read(fd, FILE_MAX, &text, err) == -1)
		return err_within(err, "%s", path);
	return named_read(named, path, str_slice(&text), err);
}

/* An include may be a pattern; one that fits nothing is a missing file. */
static int
read_included(void *arg, struct named *named, const char *path, struct err *err)
{
	glob_t found = { 0 };
	int result = 0;

	(void)arg;
	if (strpbrk(path, "*?[") == NULL)
		return read_one(named, path, err);
	if (glob(path, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
			result = read_one(named, found.gl_pathv[i], err);
	globfree(&found);
	return result;
}

/* Includes of a file without directory are beside it. */
static int
read_named(struct domains *all, const char *path, struct err *err)
{
	SCOPED(drop_reading) struct reading r = { .all = all };
	const struct named_reader reader = { &r, add_zone, read_included };
	struct slice whole = slice_of(path);
	ptrdiff_t slash = slice_find_last(whole, '/');

	r.named.reader = &reader;
	if (slash > 0)
		str_add(&r.named.directory, path, (size_t)slash);
	return read_one(&r.named, path, err);
}

/* --- what was found ------------------------------------------------------ */

static void
add_rows(struct sheet *sheet, const char *domain,
    const struct outside_result *result)
{
	struct outside_row row;
	size_t at = 0;

	while (outside_next(result, &at, &row)) {
		if (row.level < OUTSIDE_WARNING)
			continue;
		sheet_adds(sheet, domain);
		sheet_adds(sheet, row.step);
		sheet_adds(sheet, outside_levels[row.level]);
		sheet_adds(sheet, row.text);
	}
}

static void
add_good(struct sheet *sheet, const char *domain)
{
	sheet_adds(sheet, domain);
	sheet_adds(sheet, "-");
	sheet_adds(sheet, outside_levels[OUTSIDE_OK]);
	sheet_adds(sheet, "");
}

/* Returns how many are bad. */
static size_t
print(const struct domains *all)
{
	static const char *const heads[] = { "DOMAIN", "STEP", "RESULT", "WHAT",
	    NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	size_t of[OUTSIDE_BAD + 1] = { 0 };

	for (size_t i = 0; i < all->count; i++) {
		enum outside_level worst = outside_worst(&all->results[i]);
		of[worst]++;
		if (worst < OUTSIDE_WARNING)
			add_good(&sheet, all->questions[i].domain);
		else
			add_rows(&sheet, all->questions[i].domain,
			    &all->results[i]);
	}
	if (all->count > 0)
		sheet_print(&sheet);
	fflush(stdout);
	fprintf(stderr, "testalldomain: %zu domains: %zu good, %zu with "
	    "warnings, %zu bad\n", all->count, of[OUTSIDE_OK] +
	    of[OUTSIDE_NONE], of[OUTSIDE_WARNING], of[OUTSIDE_BAD]);
	return of[OUTSIDE_BAD];
}

static int
collect(struct domains *all, struct err *err)
{
	struct options *o = all->options;
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (o->word != NULL) {
		options_open(o);
		return read_named(all, o->word, err);
	}
	if (installation_open(o->directory, PROGRAM_VADMIN, &o->in,
	    err) == -1) {
		drop_installation(&o->in);
		return -1;
	}
	o->has_in = true;
	return domain_each(&o->in, &pool, add_own, all, err);
}

int
main(int argc, char **argv)
{
	SCOPED(drop_options) struct options o;
	SCOPED(drop_domains) struct domains all = { .options = &o };
	struct err err;
	int status;

	(void)argc;
	if (options_begin(&o, "testalldomain", usage_text, argv, &status) == -1)
		return status;
	if (collect(&all, &err) == -1 || outside_look(all.questions, all.count,
	    all.results, outside_progress, &err) == -1)
		return options_complain(&o, &err);
	size_t bad = print(&all);
	if (output_end(&err) == -1)
		return options_complain(&o, &err);
	return bad > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
