/* command_line.c: a call of an operation from a command line. */
#include "command_line.h"

#include <string.h>

#include "operation_name.h"
#include "output.h"
#include "param.h"
#include "scope.h"

/* The words that are not read yet. */
struct words {
	char	**at;		/* NULL-ended */
};

static const char *
next_word(struct words *words)
{
	return *words->at != NULL ? *words->at++ : NULL;
}

static int
refuse_option(const char *option, struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "there is no option '%s' here (a value that begins with '-' comes "
	    "after '--')", option);
}

/* The options that every operation has, wherever they stand. */
static bool
take_global(struct call *call, const char *option)
{
	if (strcmp(option, "--json") == 0)
		output_form(OUTPUT_JSON);
	else if (strcmp(option, "-n") == 0)
		call->rehearsed = true;
	else
		return false;
	return true;
}

/* "-C DIR" or "-CDIR", "--as WHO" or "--as=WHO". */
struct global_option {
	const char	*name, *joint, *needs;
};
static const struct global_option opt_directory = { "-C", "", "a directory" },
    opt_as = { "--as", "=", "a principal" };

/* 1: the next word is the option, and what follows it is next; 0: it is
 * another. */
static int
take_value(struct words *words, const struct global_option *option,
    const char **value, struct err *err)
{
	size_t len = strlen(option->name), joint = strlen(option->joint);
	const char *word = *words->at;

	if (strncmp(word, option->name, len) != 0 || (word[len] != '\0' &&
	    strncmp(word + len, option->joint, joint) != 0))
		return 0;
	words->at++;
	*value = word[len] != '\0' ? word + len + joint : next_word(words);
	return *value != NULL ? 1 : err_set(err, ERR_INVALID, "%s needs %s",
	    option->name, option->needs);
}

/* Twice is refused: a rule of sudo's that gives the first one must not be
 * overruled by who is let through by it. */
static int
take_principal(struct call *call, struct words *words, struct err *err)
{
	const char *as = NULL;
	int taken = take_value(words, &opt_as, &as, err);

	if (taken != 1)
		return taken;
	if (call->as != NULL)
		return err_set(err, ERR_INVALID, "--as is given twice");
	call->as = as;
	return param_check(&param_principal, slice_of(as), err) == -1 ?
	    err_within(err, "--as") : 1;
}

/* Behind --as it may come from who is let through by a rule of sudo's: he must
 * not choose whose files say who he is. */
static int
take_directory(struct call *call, struct words *words, struct err *err)
{
	int taken = take_value(words, &opt_directory, &call->directory, err);

	return taken == 1 && call->as != NULL ? err_set(err, ERR_INVALID,
	    "-C comes before --as") : taken;
}

/* "help" and nothing else when somebody asks for it as an option. */
static const char *const help_words[] = { "--help", "-h", "-?", "--version",
    "-V" };

static int
parse_global(struct call *call, struct words *words, struct err *err)
{
	static char help[] = "help";

	while (*words->at != NULL && **words->at == '-') {
		const char *option = *words->at;
		for (size_t i = 0; i < sizeof help_words / sizeof *help_words;
		    i++)
			if (strcmp(option, help_words[i]) == 0) {
				*words->at = help;
				return 0;
			}
		if (take_global(call, option)) {
			words->at++;
			continue;
		}
		int taken = take_directory(call, words, err);
		if (taken == 0)
			taken = take_principal(call, words, err);
		if (taken == -1)
			return -1;
		if (taken == 0)
			return refuse_option(option, err);
	}
	return 0;
}

/* "user add --help", "user --help": one who asks for it is told of that, and
 * nothing else is done. */
static bool
asks_for_help(const struct words *words)
{
	for (char **at = words->at; *at != NULL && strcmp(*at, "--") != 0; at++)
		if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0)
			return true;
	return false;
}

static int
turn_to_help(struct call *call, const char *first, struct words *words,
    struct err *err)
{
	struct slice rest = slice_of(call->op != NULL ? call->op->name : first);
	struct slice word;

	call->op = operation_named("help", NULL);
	while (*words->at != NULL)
		words->at++;
	while (slice_cut(&rest, ' ', &word))
		if (call_add(call, 0, pool_dup(&call->pool, word), err) == -1)
			return -1;
	return 0;
}

static int
parse_operation(struct call *call, struct words *words, struct err *err)
{
	const char *first = next_word(words);

	if (first == NULL)
		return err_set(err, ERR_INVALID,
		    "what is to be done? See 'vadmin help'");
	const char *second = *words->at;
	call->op = second != NULL ? operation_named(first, second) : NULL;
	if (call->op != NULL)
		words->at++;
	else
		call->op = operation_named(first, NULL);
	SCOPED(drop_str) struct str group = { 0 };
	if (asks_for_help(words) && (call->op != NULL ||
	    operation_group(first, &group) > 0))
		return turn_to_help(call, first, words, err);
	if (call->op == NULL)
		return operation_refuse(first, second, err);
	return 0;
}

static bool
is_option(const struct param *p)
{
	return strncmp(p->name, "--", 2) == 0;
}

/* word is "--from" or "--from=x". */
static int
parse_option(struct call *call, const char *word, struct words *words,
    bool *usage, struct err *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);

	for (size_t i = 0; call->op->params[i].name != NULL; i++) {
		const struct param *p = &call->op->params[i];
		if (!is_option(p) || strlen(p->name) != len ||
		    memcmp(p->name, word, len) != 0)
			continue;
		const char *value = equals != NULL ? equals + 1 :
		    p->type->is_flag ? "" : next_word(words);
		if (value == NULL || (p->type->is_flag && equals != NULL))
			return err_set(err, ERR_INVALID, "%s %s", p->name,
			    value == NULL ? "needs a value" : "takes no value");
		if (call->values[i].count > 0)
			return err_set(err, ERR_INVALID, "%s is given twice",
			    p->name);
		*usage = false;
		int done = call_add(call, i, value, err);
		*usage = done == 0;
		return done == 0 ? 0 : err_within(err, "%s", p->name);
	}
	return refuse_option(word, err);
}

/* The next parameter that takes a word by its place. */
static size_t
place(const struct call *call)
{
	size_t i = 0;

	for (; call->op->params[i].name != NULL; i++) {
		const struct param *p = &call->op->params[i];
		if (!is_option(p) &&
		    (call->values[i].count == 0 || p->count >= ANY))
			break;
	}
	return i;
}

static int
parse_place(struct call *call, const char *word, bool *usage, struct err *err)
{
	size_t i = place(call);

	if (call->op->params[i].name == NULL)
		return err_set(err, ERR_INVALID,
		    "'%.100s' is one word too many", word);
	*usage = false;
	if (call_add(call, i, word, err) == -1)
		return err_within(err, "'%.100s'", word);
	*usage = true;
	return 0;
}

/* "backup FILE" and "backup D FILE": what may be left out stands before what
 * may not. */
static int
shift_last(struct call *call, struct err *err)
{
	for (size_t i = 0; call->op->params[i].name != NULL; i++) {
		const struct param *p = &call->op->params[i];
		const struct setting_words *given = &call->values[i];
		if (p->count != OPTIONAL || is_option(p) ||
		    given->count == 0 || p[1].name == NULL ||
		    p[1].count != ONE || call->values[i + 1].count > 0)
			continue;
		const char *word = given->word[0];
		call->values[i] = (struct setting_words){ 0 };
		return call_add(call, i + 1, word, err);
	}
	return 0;
}

static int
check_all_there(const struct call *call, struct err *err)
{
	for (size_t i = 0; call->op->params[i].name != NULL; i++) {
		const struct param *p = &call->op->params[i];
		if ((p->count == ONE || p->count == SOME) &&
		    call->values[i].count == 0)
			return err_set(err, ERR_INVALID, "%s is missing",
			    p->name);
	}
	return 0;
}

static int
parse_values(struct call *call, struct words *words, bool *usage,
    struct err *err)
{
	const char *word;
	bool options = true;

	while ((word = next_word(words)) != NULL) {
		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && take_global(call, word))
			continue;
		else if (options && word[0] == '-' && word[1] != '\0') {
			if (parse_option(call, word, words, usage, err) == -1)
				return -1;
		} else if (parse_place(call, word, usage, err) == -1)
			return -1;
	}
	return shift_last(call, err) == -1 ? -1 : check_all_there(call, err);
}

/* A wrong command line is told in the form that it asks for further on. */
static void
look_for_form(char **words)
{
	for (; *words != NULL && strcmp(*words, "--") != 0; words++)
		if (strcmp(*words, "--json") == 0)
			output_form(OUTPUT_JSON);
}

/* What prints something that is no object: of others' form, or for shells. */
static const struct {
	const char	*operation, *param, *value, *form;
} own_forms[] = {
	{ "user export", NULL, NULL, "a CSV" },
	{ "complete", NULL, NULL, "words for a shell" },
	{ "backup", "FILE", "-", "the archive" },
};

static int
check_form(const struct call *call, struct err *err)
{
	size_t count = sizeof own_forms / sizeof *own_forms;

	for (size_t i = 0; output_is_json() && i < count; i++)
		if (strcmp(call->op->name, own_forms[i].operation) == 0 &&
		    (own_forms[i].param == NULL || strcmp(call_text(call,
		    own_forms[i].param), own_forms[i].value) == 0))
			return err_set(err, ERR_INVALID, "it prints %s itself: "
			    "leave --json out", own_forms[i].form);
	return 0;
}

int
command_line_parse(struct call *call, int argc, char **argv, bool *usage,
    struct err *err)
{
	SCOPED(drop_str) struct str synopsis = { 0 };
	struct words words = { argv + (argc > 0 ? 1 : 0) };

	*usage = true;
	look_for_form(words.at);
	if (parse_global(call, &words, err) == -1 ||
	    parse_operation(call, &words, err) == -1)
		return -1;
	if (parse_values(call, &words, usage, err) == 0 &&
	    check_form(call, err) == 0)
		return 0;
	if (!*usage)
		return err_within(err, "%s", call->op->name);
	struct err inner = *err;
	command_line_synopsis(call->op, &synopsis);
	return err_set(err, inner.kind, "%s: %s (usage: %s)", call->op->name,
	    inner.text, str_text(&synopsis));
}

void
command_line_synopsis(const struct operation *op, struct str *out)
{
	str_addf(out, "vadmin %s", op->name);
	for (const struct param *p = op->params; p->name != NULL; p++) {
		bool must = p->count == ONE || p->count == SOME;
		str_addf(out, must ? " %s%s%s%s" : " [%s%s%s%s]", p->name,
		    is_option(p) && !p->type->is_flag ? " " : "",
		    is_option(p) ? p->type->label : "", p->count >= ANY ?
		    "..." : "");
	}
}
