/* options.c: the command lines of checkvdomain and testalldomain, and how they
 * end. */
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clean.h"
#include "dial.h"
#include "name.h"
#include "output.h"
#include "scope.h"
#include "startup.h"

static int
take_directory(struct options *o, const char *value, struct err *err)
{
	(void)err;
	o->directory = value;
	return 0;
}

static int
take_server(struct options *o, const char *value, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct sockaddr_storage unused;

	if (strchr(value, '[') == NULL &&
	    dial_address(value, 0, &unused, err) == 0) {
		o->outside.server = value;
		return 0;
	}
	if (name_canonical_domain(slice_of(value), &name, err) == -1)
		return err_set(err, ERR_INVALID, "'%s' is neither a host's "
		    "name nor an address", value);
	o->outside.server = pool_dup(&o->pool, str_slice(&name));
	return 0;
}

static int
take_resolver(struct options *o, const char *value, struct err *err)
{
	o->outside.resolver = value;
	return outside_resolver(value, err);
}

static int
take_selector(struct options *o, const char *value, struct err *err)
{
	size_t before = o->outside.selectors.count;

	selectors_add(&o->outside.selectors, &o->pool, slice_of(value));
	return o->outside.selectors.count > before ? 0 :
	    err_set(err, ERR_INVALID, "'%s' can be no selector, is there "
	    "twice, or is one more than %d", value, SELECTORS_MAX);
}

static const struct option {
	const char	*name;
	int		(*take)(struct options *, const char *, struct err *);
} known[] = {
	{ "-C", take_directory }, { "-s", take_server },
	{ "--resolver", take_resolver }, { "--selector", take_selector },
};

/* "--name value", "--name=value", "-nvalue".  NULL: it is none of these. */
static const struct option *
find(const char *word, const char **value)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t len = strlen(known[i].name);
		if (strncmp(word, known[i].name, len) != 0)
			continue;
		const char *rest = word + len;
		bool is_long = word[1] == '-';
		if (*rest == '\0' || (is_long && *rest == '=') || !is_long) {
			*value = *rest == '\0' ? NULL :
			    is_long ? rest + 1 : rest;
			return &known[i];
		}
	}
	return NULL;
}

static int
parse(struct options *o, char **argv, struct err *err)
{
	const char *value;

	for (; *argv != NULL; argv++) {
		const char *word = *argv;
		if (strcmp(word, "--") == 0 && argv[1] != NULL) {
			word = *++argv;
		} else if (word[0] == '-') {
			const struct option *option = find(word, &value);
			if (option == NULL)
				return err_set(err, ERR_NONE,
				    "%s is not an option", word);
			if (value == NULL && (value = *++argv) == NULL)
				return err_set(err, ERR_NONE,
				    "%s needs a value", word);
			if (option->take(o, value, err) == -1)
				return err_within(err, "%s", option->name);
			continue;
		}
		if (o->word != NULL)
			return err_set(err, ERR_NONE,
			    "'%s' is one word too many", word);
		o->word = word;
	}
	return 0;
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void
help(const char *usage)
{
	const char *name, *about;

	printf("%s\nThe steps:\n", usage);
	for (size_t i = 0; (name = outside_step(i, &about)) != NULL; i++)
		printf("  %-9s %s\n", name, about);
}

int
options_begin(struct options *o, const char *program, const char *usage,
    char **argv, int *status)
{
	struct startup found;
	struct err err;

	*o = (struct options){ .program = program,
	    .directory = INSTALLATION_DIR };
	if (startup_guard(&found, &err) == -1) {
		*status = options_complain(o, &err);
		return -1;
	}
	if (argv[0] != NULL && argv[1] != NULL && is_help(argv[1])) {
		help(usage);
		*status = EX_OK;
		return -1;
	}
	if (parse(o, argv + (*argv != NULL ? 1 : 0), &err) == 0)
		return 0;
	*status = options_complain(o, &err);
	if (*status == EX_USAGE)
		fputs(usage, stderr);
	return -1;
}

void
drop_options(struct options *o)
{
	if (o->has_in)
		drop_installation(&o->in);
	drop_pool(&o->pool);
}

void
options_open(struct options *o)
{
	struct err err;

	o->has_in = installation_open(o->directory, PROGRAM_VADMIN, &o->in,
	    &err) == 0;
	if (o->has_in)
		return;
	drop_installation(&o->in);
	/* where there is no vmail, a domain can be looked at just as well */
	if (strcmp(o->directory, INSTALLATION_DIR) != 0 ||
	    access(INSTALLATION_DIR, F_OK) == 0)
		options_complain(o, &err);
}

int
options_complain(const struct options *o, const struct err *err)
{
	static const int statuses[] = {
		[ERR_NONE] = EX_USAGE, [ERR_INVALID] = EX_DATAERR,
		[ERR_ABSENT] = EX_NOINPUT, [ERR_REFUSED] = EX_NOPERM,
	};
	SCOPED(drop_str) struct str line = { 0 };
	size_t kind = (size_t)err->kind;

	clean_add(&line, slice_of(err->text));
	fprintf(stderr, "%s: %s\n", o->program, str_text(&line));
	return kind < sizeof statuses / sizeof *statuses &&
	    (kind == ERR_NONE || statuses[kind] != 0) ? statuses[kind] :
	    EX_TEMPFAIL;
}
