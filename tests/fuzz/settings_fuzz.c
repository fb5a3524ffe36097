/* settings_fuzz.c: vmail.conf and domain.D, read and edited. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "scope.h"

/* Either file, as its table tells. */
struct file {
	const struct setting	*table;
	struct pool		 pool;
	union {
		struct vmail_conf	vmail;
		struct domain_conf	domain;
	} conf;
	struct settings_lines	 lines;
};

static void
drop_file(struct file *f)
{
	drop_pool(&f->pool);
}

static int
read_file(struct file *f, struct slice text, struct err *err)
{
	settings_preset(f->table, &f->pool, &f->conf);
	return settings_read(f->table, &f->pool, fuzz_file(text), "f",
	    &f->conf, &f->lines, err);
}

static const void *
field(const struct file *f, const struct setting *row)
{
	return (const char *)&f->conf + row->offset;
}

static bool
same_words(const struct setting_words *a, const struct setting_words *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->word[i], b->word[i]) != 0)
			return false;
	return true;
}

static bool
same_value(const struct setting *row, const void *a, const void *b)
{
	if (row->parse == setting_text || row->parse == conf_auth ||
	    row->parse == conf_program)
		return strcmp(*(const char *const *)a,
		    *(const char *const *)b) == 0;
	if (row->parse == setting_list || row->parse == conf_networks)
		return same_words(a, b);
	if (row->parse == setting_flag)
		return *(const bool *)a == *(const bool *)b;
	if (row->parse == setting_word)
		return *(const int *)a == *(const int *)b;
	return *(const uint64_t *)a == *(const uint64_t *)b;
}

static void
in_range(const struct setting *row, const void *value)
{
	if (row->parse == setting_word) {
		int choice = *(const int *)value;
		for (int i = 0; i < choice; i++)
			promise(row->words[i] != NULL, "a word is a choice");
	}
	if (row->max != 0)
		promise(*(const uint64_t *)value >= row->min &&
		    *(const uint64_t *)value <= row->max,
		    "a number is in its range");
}

static void
look_at(const struct file *f, const struct file *preset, size_t lines)
{
	for (const struct setting *row = f->table; row->name != NULL; row++) {
		unsigned line = f->lines.of[row - f->table];
		promise(line <= lines, "a setting is in a line of the file");
		in_range(row, field(f, row));
		promise(line != 0 || same_value(row, field(f, row),
		    field(preset, row)), "what is not set is as preset");
	}
	settings_refused(f->table, &f->lines, &f->conf,
	    f->table == vmail_settings ? sizeof f->conf.vmail :
	    sizeof f->conf.domain, PROGRAM_VDELIVER | PROGRAM_VPOP3D);
}

/* As vadmin changes one setting: only that one is another. */
static void
edit(const struct file *f, struct slice text, const struct setting *row,
    struct slice value)
{
	SCOPED(drop_str) struct str out = { 0 }, twice = { 0 };
	SCOPED(drop_file) struct file wanted = { .table = f->table },
	    got = { .table = f->table };
	struct err err;

	settings_preset(f->table, &wanted.pool, &wanted.conf);
	if (settings_set(row, &wanted.pool, value, &wanted.conf, &err) == -1)
		return;
	settings_edit(text, row->name, value, &out);
	promise(read_file(&got, str_slice(&out), &err) == 0,
	    "a file that was edited can be read");
	for (const struct setting *r = f->table; r->name != NULL; r++)
		promise(same_value(r, field(&got, r), field(r == row ?
		    &wanted : f, r)), "an edit changes one setting");
	settings_edit(str_slice(&out), row->name, value, &twice);
	promise(slice_equal(str_slice(&out), str_slice(&twice)),
	    "the same edit again changes nothing");
}

/* "f:LINE: text" */
static void
a_complaint(const struct err *err, size_t lines)
{
	promise(err->kind == ERR_INVALID, "what is wrong is invalid");
	promise(strncmp(err->text, "f:", 2) == 0, "an error has a file");
	unsigned long line = strtoul(err->text + 2, NULL, 10);
	promise(line >= 1 && line <= lines, "an error has a line");
}

void
fuzz(struct slice input)
{
	const struct setting *table = fuzz_choice(&input) % 2 == 0 ?
	    vmail_settings : domain_settings;
	SCOPED(drop_file) struct file f = { .table = table }, preset = f;
	struct slice value = slice_trim(fuzz_part(&input));
	size_t row = fuzz_choice(&input), rows = 0;
	size_t lines = fuzz_lines(input) + !slice_ends(input, "\n");
	struct err err;

	settings_preset(table, &preset.pool, &preset.conf);
	if (read_file(&f, input, &err) == -1) {
		a_complaint(&err, lines);
		return;
	}
	look_at(&f, &preset, lines);
	while (table[rows].name != NULL)
		rows++;
	/* A value is one line of the file. */
	if (!slice_has(value, '\n') && !slice_ends(value, "\r"))
		edit(&f, input, &table[row % rows], value);
}
