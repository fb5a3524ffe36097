/* settings_op.c: all settings, from their tables. */
#include <stdio.h>
#include <string.h>

#include "account_settings.h"
#include "conf.h"
#include "ops.h"
#include "output.h"
#include "param.h"
#include "scope.h"
#include "settings_op.h"

static const struct {
	const char		*name;		/* as people say it */
	const char		*file;
	const struct setting	*table;
} files[] = {
	{ "vmail.conf", "vmail.conf", vmail_settings },
	{ "domain", "domain.D", domain_settings },
	{ "account", "account", account_settings },
};
enum { FILES = sizeof files / sizeof *files, SAMPLES = 2, ROFF_WIDTH = 76 };

void
settings_type(const struct setting *row, struct str *out)
{
	static const struct {
		setting_parser	*parse;
		const char	*name;
	} types[] = {
		{ setting_text, "text" }, { setting_list, "list" }, { conf_networks, "list" },
		  { setting_flag, "yes or no" },
		{ setting_number, "number" }, { setting_size, "size" },
		{ setting_kilobytes, "size in kB" },
		  { setting_seconds, "time" },
	};

	for (size_t i = 0; row->words != NULL && row->words[i] != NULL; i++)
		str_addf(out, "%s%s", i > 0 ? ", " : "", row->words[i]);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].parse == row->parse)
			str_adds(out, types[i].name);
	if (out->len == 0) {
		str_adds(out, "text");
		return;
	}
	if (row->max != 0 && row->parse != setting_kilobytes)
		str_addf(out, ", %llu to %llu", (unsigned long long)row->min,
		    (unsigned long long)row->max);
}

static void
list_all(void)
{
	static const char *const heads[] = { "FILE", "NAME", "TYPE", "DEFAULT",
	    "MEANING", NULL };
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };

	for (size_t i = 0; i < FILES; i++)
		for (const struct setting *row = files[i].table;
		    row->name != NULL; row++) {
			SCOPED(drop_str) struct str type = { 0 };
			settings_type(row, &type);
			sheet_adds(&sheet, files[i].file);
			sheet_adds(&sheet, row->name);
			sheet_add(&sheet, str_slice(&type));
			sheet_adds(&sheet, row->preset);
			sheet_addf(&sheet, "%s%s", row->help,
			    row->refused_by ? " (Not in all programs of this "
			    "version.)" : "");
		}
	sheet_print(&sheet);
}

/* A leading dot or quote would be a request of roff's, a backslash an escape;
 * "-" alone would be a hyphen. */
static void
add_roff(struct str *out, const char *text)
{
	if (text[0] == '.' || text[0] == '\'')
		str_adds(out, "\\&");
	for (; *text != '\0'; text++)
		if (*text == '\\')
			str_adds(out, "\\e");
		else
			str_addc(out, *text);
}

/* Each sentence begins a line, as mdoc(7) wants it, and none is too long. */
static void
add_sentences(struct str *out, const char *help)
{
	SCOPED(drop_str) struct str line = { 0 };
	struct slice rest = slice_of(help), word;

	while (slice_cut(&rest, ' ', &word)) {
		bool full = line.len + word.len > ROFF_WIDTH ||
		    slice_ends(str_slice(&line), ".");
		if (line.len > 0 && full) {
			add_roff(out, str_text(&line));
			str_addc(out, '\n');
			str_cut(&line, 0);
		}
		str_adds(&line, line.len > 0 ? " " : "");
		str_addslice(&line, word);
	}
	add_roff(out, str_text(&line));
	str_addc(out, '\n');
}

static const char *
who_lacks(const struct setting *row)
{
	if (row->refused_by & PROGRAM_VDELIVER)
		return "vdeliver and vlmtpd of this version do not have it: "
		    "mail waits at any other value.";
	if (row->refused_by & PROGRAM_VPOP3D)
		return "vpop3d of this version does not have it: logins wait "
		    "at any other value.";
	return "vadmin of this version does not have it, and refuses any other "
	    "value.";
}

static void
print_mdoc(const struct setting *table)
{
	SCOPED(drop_str) struct str out = { 0 };

	str_adds(&out, ".Bl -tag -width Ds\n");
	for (const struct setting *row = table; row->name != NULL; row++) {
		SCOPED(drop_str) struct str type = { 0 };
		settings_type(row, &type);
		str_addf(&out, ".It Ic %s No (", row->name);
		add_roff(&out, str_text(&type));
		str_adds(&out, ")\n");
		add_sentences(&out, row->help);
		str_adds(&out, row->preset[0] ? "Default:\n.Ql " :
		    "Default: empty");
		add_roff(&out, row->preset);
		str_adds(&out, row->preset[0] ? " .\n" : ".\n");
		if (row->refused_by != 0)
			add_sentences(&out, who_lacks(row));
	}
	str_adds(&out, ".El\n");
	output_text(str_slice(&out));
}

static int
find_table(const char *name, const struct setting **out, struct err *err)
{
	for (size_t i = 0; i < SAMPLES; i++)
		if (strcmp(name, files[i].name) == 0) {
			*out = files[i].table;
			return 0;
		}
	return err_set(err, ERR_INVALID,
	    "'%.100s' is neither vmail.conf nor domain", name);
}

int
settings_list(struct call *call, struct err *err)
{
	const char *sample = call_text(call, "--sample"),
	    *mdoc = call_text(call, "--mdoc");
	SCOPED(drop_str) struct str out = { 0 };
	const struct setting *table;

	if (sample == NULL && mdoc == NULL) {
		list_all();
		return 0;
	}
	if (find_table(sample != NULL ? sample : mdoc, &table, err) == -1)
		return -1;
	if (mdoc != NULL) {
		print_mdoc(table);
		return 0;
	}
	settings_sample(table, &out);
	output_text(str_slice(&out));
	return 0;
}
