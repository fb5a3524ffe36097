/* settings_test.c: "name = value" files, driven by a table. */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fd.h"
#include "scope.h"
#include "settings.h"

enum { SOME_PROGRAM = 1, OTHER_PROGRAM = 2 };

struct conf {
	const char		*text;
	struct setting_words	 list;
	bool			 flag;
	int			 word;
	uint64_t		 number, size, kilobytes, seconds, any;
};

static const char *const colours[] = { "red", "green", NULL };
static const struct setting table[] = {
	{ "text", setting_text, offsetof(struct conf, text), "preset",
	  "Some text.", .refused_by = SOME_PROGRAM },
	{ "list", setting_list, offsetof(struct conf, list), "", "Some words.",
	  .refused_by = SOME_PROGRAM },
	{ "flag", setting_flag, offsetof(struct conf, flag), "no", "Yes or no.",
	  .refused_by = SOME_PROGRAM | OTHER_PROGRAM },
	{ "colour", setting_word, offsetof(struct conf, word), "red",
	  "A colour.", .words = colours },
	{ "number", setting_number, offsetof(struct conf, number), "5",
	  "A number.", .min = 2, .max = 100 },
	{ "size", setting_size, offsetof(struct conf, size), "1k", "A size.",
	  .min = 0 },
	{ "kilobytes", setting_kilobytes, offsetof(struct conf, kilobytes), "1",
	  "A limit.", .min = 0 },
	{ "idle-timeout", setting_seconds, offsetof(struct conf, seconds),
	  "10m", "A time.", .refused_by = SOME_PROGRAM },
	{ "any-number", setting_number, offsetof(struct conf, any), "7",
	  "No limit.", .min = 7 },
	{ 0 }
};

/* All of it in one line. */
static void
describe(const struct conf *c, struct str *out)
{
	str_addf(out, "text=%s list=", c->text);
	for (size_t i = 0; i < c->list.count; i++)
		str_addf(out, "[%s]", c->list.word[i]);
	str_addf(out, " flag=%d colour=%d number=%llu size=%llu kilobytes=%llu "
	    "seconds=%llu any=%llu", c->flag, c->word,
	    (unsigned long long)c->number, (unsigned long long)c->size,
	    (unsigned long long)c->kilobytes, (unsigned long long)c->seconds,
	    (unsigned long long)c->any);
}

static int
read_text(struct slice text, struct pool *pool, struct conf *conf,
    struct settings_lines *lines, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	unit_write("file", text.p, text.len);
	fd = open("file", O_RDONLY);
	settings_preset(table, pool, conf);
	return settings_read(table, pool, fd, "t.conf", conf, lines, err);
}

#define PRESETS	"text=preset list= flag=0 colour=0 number=5 size=1024 kilobytes=1024 seconds=600 any=7"

static const struct row {
	const char	*name, *text;
	const char	*wanted;		/* what it says, or NULL */
	const char	*complaint;
} rows[] = {
	{ "an empty file leaves the presets", "", PRESETS, NULL },
	{ "comments and blank lines say nothing", "# text = x\n\n \t\n#\n",
	  PRESETS, NULL },
	{ "every type is read",
	  "text = a b\nlist = x, y z\nflag = yes\ncolour = green\nnumber = "
	  "7\nsize = 2M\n" "kilobytes = 3\nidle-timeout = 2h\nany-number = "
	  "99999", "text=a b list=[x][y][z] flag=1 colour=1 number=7 "
	  "size=2097152 kilobytes=3072" " seconds=7200 any=99999", NULL },
	{ "blanks around name and value do not count", " \ttext\t=\t a \t\n",
	  "text=a list= flag=0 colour=0 number=5 size=1024 kilobytes=1024 "
	  "seconds=600 any=7", NULL },
	{ "no blanks are needed", "text=a\n",
	  "text=a list= flag=0 colour=0 number=5 size=1024 kilobytes=1024 "
	  "seconds=600 any=7", NULL },
	{ "a value reaches to the end of the line", "text = a; b # c = d\n",
	  "text=a; b # c = d list= flag=0 colour=0 number=5 size=1024 "
	  "kilobytes=1024 seconds=600 any=7", NULL },
	{ "a text may be empty", "text =\n",
	  "text= list= flag=0 colour=0 number=5 size=1024 kilobytes=1024 "
	  "seconds=600 any=7", NULL },
	{ "lines may end with CRLF, the last one without",
	  "text = a\r\nflag = on",
	  "text=a list= flag=1 colour=0 number=5 size=1024 kilobytes=1024 "
	  "seconds=600 any=7", NULL },
	{ "a byte order mark does no harm", "\xEF\xBB\xBFtext = a\n",
	  "text=a list= flag=0 colour=0 number=5 size=1024 kilobytes=1024 "
	  "seconds=600 any=7", NULL },
	{ "words and flags are read in any case",
	  "flag = TRUE\ncolour = Green\n",
	  "text=preset list= flag=1 colour=1 number=5 size=1024 kilobytes=1024 "
	  "seconds=600 any=7", NULL },
	{ "a typo is named, with its line", "\nidel-timeout 90\n", NULL,
	  "t.conf:2: no setting is called 'idel-timeout'" },
	{ "a typo with a value too", "txet = 90\n", NULL,
	  "t.conf:1: no setting is called 'txet'" },
	{ "a name in another case is a typo", "Text = a\n", NULL,
	  "t.conf:1: no setting is called 'Text'" },
	{ "a comment behind blanks is a typo", " # text\n", NULL,
	  "t.conf:1: no setting is called '#'" },
	{ "no name is a typo", " = a\n", NULL,
	  "t.conf:1: no setting is called ''" },
	{ "a setting without = is told what it lacks", "text a\n", NULL,
	  "t.conf:1: 'text a' needs '= value'" },
	{ "a name alone is told what it lacks", "text\n", NULL,
	  "t.conf:1: 'text' needs '= value'" },
	{ "a second value is an error", "text = a\n# x\ntext = b\n", NULL,
	  "t.conf:3: 'text' was set in line 1 already" },
	{ "a word that is none of them", "flag = maybe\n", NULL,
	  "t.conf:1: flag: 'maybe' is not yes or no" },
	{ "a word that is none of the choices, and the choices",
	  "colour = blue\n", NULL,
	  "t.conf:1: colour: 'blue' is not one of: red, green" },
	{ "a number that is none", "number = many\n", NULL,
	  "t.conf:1: number: 'many' is not a number" },
	{ "an empty number", "number =\n", NULL,
	  "t.conf:1: number: '' is not a number" },
	{ "a number with a unit", "number = 5k\n", NULL,
	  "t.conf:1: number: '5k' is not a number" },
	{ "a negative number", "number = -5\n", NULL,
	  "t.conf:1: number: '-5' is not a number" },
	{ "the smallest and the largest are in range",
	  "number = 100\nany-number = 7\n",
	  "text=preset list= flag=0 colour=0 number=100 size=1024 "
	  "kilobytes=1024 seconds=600 any=7", NULL },
	{ "a number too small", "number = 1\n", NULL,
	  "t.conf:1: number: '1' is out of range: 2 to 100" },
	{ "a number too large", "number = 101\n", NULL,
	  "t.conf:1: number: '101' is out of range: 2 to 100" },
	{ "a number too small, where nothing is too large", "any-number = 6\n",
	  NULL, "t.conf:1: any-number: '6' is out of range: at least 7" },
	{ "a size that is larger than every number", "size = 99999999999999G\n",
	  NULL, "t.conf:1: size: '99999999999999G' is not a size (a number of "
	  "bytes, or with k, M or G)" },
	{ "a size with two units", "size = 1kk\n", NULL,
	  "t.conf:1: size: '1kk' is not a size (a number of bytes, or with k, "
	  "M or G)" },
	{ "a unit alone", "size = k\n", NULL,
	  "t.conf:1: size: 'k' is not a size (a number of bytes, or with k, M "
	  "or G)" },
	{ "a time with a unit of sizes", "idle-timeout = 5k\n", NULL,
	  "t.conf:1: idle-timeout: '5k' is not a time (a number of seconds, or "
	  "with s, m, h or d)" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	struct settings_lines lines = { 0 };

	int result = read_text(slice_of(row->text), &pool, &conf, &lines, &err);
	if (row->complaint != NULL) {
		assert_int_equal(result, -1);
		assert_err(err, ERR_INVALID, row->complaint);
		return;
	}
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	describe(&conf, &got);
	assert_string_equal(str_text(&got), row->wanted);
}

static const struct unit_row {
	const char	*name, *setting, *text;
	uint64_t	 value;
} units[] = {
	{ "a bare size is bytes", "size", "512", 512 },
	{ "k is 1024", "size", "2k", 2048 },
	{ "K is the same", "size", "2K", 2048 },
	{ "M is 1024 of them", "size", "2M", 2 * 1024 * 1024 },
	{ "G is 1024 of those", "size", "3G", UINT64_C(3) << 30 },
	{ "a bare limit is kB", "kilobytes", "512", 512 * 1024 },
	{ "a limit with k is the same", "kilobytes", "512k", 512 * 1024 },
	{ "a limit may be in M", "kilobytes", "5M", 5 * 1024 * 1024 },
	{ "no limit", "kilobytes", "0", 0 },
	{ "a bare time is seconds", "idle-timeout", "90", 90 },
	{ "s is seconds", "idle-timeout", "90s", 90 },
	{ "m is minutes", "idle-timeout", "2m", 120 },
	{ "h is hours", "idle-timeout", "2h", 7200 },
	{ "d is days", "idle-timeout", "7d", 7 * 86400 },
};

static void
check_unit(void **state)
{
	const struct unit_row *row = *state;
	const struct setting *setting = settings_row(table,
	    slice_of(row->setting));
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	uint64_t value;

	assert_int_equal(settings_set(setting, &pool, slice_of(row->text),
	    &conf, &err), 0);
	memcpy(&value, (char *)&conf + setting->offset, sizeof value);
	assert_int_equal(value, row->value);
}

static void
test_nul(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	struct settings_lines lines = { 0 };

	(void)state;
	assert_int_equal(read_text((struct slice){ "text = a\0b\n", 11 }, &pool,
	    &conf, &lines, &err), -1);
	assert_err(err, ERR_INVALID, "t.conf:1: text: a NUL byte is in it");
	lines = (struct settings_lines){ 0 };
	assert_int_equal(read_text((struct slice){ "list = a\0b\n", 11 }, &pool,
	    &conf, &lines, &err), -1);
	assert_err(err, ERR_INVALID, "t.conf:1: list: a NUL byte is in it");
}

static void
test_given(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	struct settings_lines lines = { 0 };

	(void)state;
	assert_int_equal(read_text(SLICE("\nflag = no\nsize = 1\n"), &pool,
	    &conf, &lines, &err), 0);
	for (size_t i = 0; i < SETTINGS_ROWS; i++)
		assert_int_equal(lines.of[i], i == 2 ? 2 : i == 5 ? 3 : 0);
}

static void
test_again(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(settings_set(&table[1], &pool, SLICE("a b c"), &conf,
	    &err), 0);
	assert_int_equal(settings_set(&table[1], &pool, SLICE("d"), &conf,
	    &err), 0);
	assert_int_equal(conf.list.count, 1);
	assert_string_equal(conf.list.word[0], "d");
}

static void
test_unknown(void **state)
{
	(void)state;
	assert_null(settings_row(table, SLICE("tex")));
	assert_null(settings_row(table, SLICE("")));
	assert_ptr_equal(settings_row(table, SLICE("text")), &table[0]);
}

static const struct refused_row {
	const char	*name, *text, *refused;
	unsigned	 program;
} refused[] = {
	{ "what the file does not name is not refused", "", NULL,
	  SOME_PROGRAM },
	{ "a setting that the program has is not refused", "number = 9\n", NULL,
	  SOME_PROGRAM },
	{ "one that it does not have is", "flag = yes\n", "flag",
	  SOME_PROGRAM },
	{ "for each program that it does not have", "flag = yes\n", "flag",
	  OTHER_PROGRAM },
	{ "but not for the others", "text = x\n", NULL, OTHER_PROGRAM },
	{ "the preset, written down, is not refused",
	  "flag = no\ntext = preset\nlist =\n", NULL, SOME_PROGRAM },
	{ "nor is it in other words", "idle-timeout = 600\n", NULL,
	  SOME_PROGRAM },
	{ "another time is", "idle-timeout = 601\n", "idle-timeout",
	  SOME_PROGRAM },
	{ "another text is", "text = presets\n", "text", SOME_PROGRAM },
	{ "a list with a word is", "list = a\n", "list", SOME_PROGRAM },
	{ "the first of several is named", "list = a\ntext = x\n", "text",
	  SOME_PROGRAM },
};

static void
check_refused(void **state)
{
	const struct refused_row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	struct settings_lines lines = { 0 };

	assert_int_equal(read_text(slice_of(row->text), &pool, &conf, &lines,
	    &err), 0);
	const struct setting *got = settings_refused(table, &lines, &conf,
	    sizeof conf, row->program);
	if (row->refused == NULL) {
		assert_null(got);
	} else {
		assert_non_null(got);
		assert_string_equal(got->name, row->refused);
	}
}

static const struct edit_row {
	const char	*name, *before, *value, *after;
} edits[] = {
	{ "a value is changed in its place, comments stay",
	  "# a\nflag = no\ntext = old\n\n# b\n", "new",
	  "# a\nflag = no\ntext = new\n\n# b\n" },
	{ "a setting that is not there is added at the end", "flag = no\n",
	  "new", "flag = no\ntext = new\n" },
	{ "a file without a last newline gets one", "flag = no", "new",
	  "flag = no\ntext = new\n" },
	{ "an empty file gets one line", "", "new", "text = new\n" },
	{ "a comment that looks like the setting stays one", "#text = old\n",
	  "new", "#text = old\ntext = new\n" },
	{ "a longer name is another name", "text-more = old\n", "new",
	  "text-more = old\ntext = new\n" },
	{ "a second line of the setting goes",
	  "text = a\nflag = no\ntext = b\n", "new", "text = new\nflag = no\n" },
	{ "a value may be emptied", "text = a\n", "", "text = \n" },
	{ "a setting behind a byte order mark is found",
	  "\xEF\xBB\xBFtext = a\n", "new", "text = new\n" },
};

static void
check_edit(void **state)
{
	const struct edit_row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };

	settings_edit(slice_of(row->before), "text", slice_of(row->value),
	    &out);
	assert_string_equal(str_text(&out), row->after);
}

#define SAMPLE	"# Some text. Not available in this version.\n#text = preset\n\n" \
		"# Some words. Not available in this version.\n#list =\n\n"

static void
test_sample(void **state)
{
	SCOPED(drop_str) struct str sample = { 0 };
	SCOPED(drop_str) struct str bare = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	struct settings_lines lines = { 0 };

	(void)state;
	settings_sample(table, &sample);
	assert_memory_equal(str_text(&sample), SAMPLE, sizeof SAMPLE - 1);
	/* With its settings switched on it says what it said before. */
	struct slice rest = str_slice(&sample), line;
	while (slice_cut(&rest, '\n', &line))
		if (!slice_starts(line, "# "))
			str_addf(&bare, "%.*s\n",
			    (int)(line.len ? line.len - 1 : 0), line.len ?
			    line.p + 1 : "");
	assert_int_equal(read_text(str_slice(&bare), &pool, &conf, &lines,
	    &err), 0);
	for (size_t i = 0; table[i].name != NULL; i++)
		assert_true(lines.of[i] > 0);
	describe(&conf, &got);
	assert_string_equal(str_text(&got), PRESETS);
}

static void
test_long_line(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	struct conf conf = { 0 };
	struct err err = { 0 };
	struct settings_lines lines = { 0 };

	(void)state;
	str_addf(&text, "flag = no\ntext = %*s\n", 1 << 20, "x");
	assert_int_equal(read_text(str_slice(&text), &pool, &conf, &lines,
	    &err), -1);
	assert_err(err, ERR_INVALID,
	    "t.conf:2: the line is longer than 1048576 bytes");
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(units, check_unit);
	add_test("a NUL in a value is an error", test_nul);
	add_test("where the file sets a row is told, presets too", test_given);
	add_test("a list that is set again has only the new words", test_again);
	add_test("a row is found by its whole name", test_unknown);
	add_rows(refused, check_refused);
	add_rows(edits, check_edit);
	add_test("the sample has all rows, and means the presets", test_sample);
	add_test("an endless line is an error with its number", test_long_line);
	return run_all();
}
