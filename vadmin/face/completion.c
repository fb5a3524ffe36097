/* completion.c: what the last word of a command line can become.
 *
 * The shells' scripts (completion_scripts.c) know nothing: they ask "vadmin
 * complete", which knows the table of operations, and asks the operations that
 * list for what there is.
 */
#include <stdio.h>
#include <string.h>

#include "completion_there.h"
#include "param.h"

/* --- the words ------------------------------------------------------------- */

/* A command line that is not finished. */
struct line {
	struct completion	 ask;
	/* who is let through by a rule of sudo's that says --as chooses
	 * neither by words */
	bool			 is_fixed;
	const char		**word;
	size_t			 count;
	const char		*asked[2];	/* the first words of the operation */
	const struct operation	*op;
	size_t			 given[OPERATION_PARAMS];
};

static bool
is_option(const struct param *p)
{
	return strncmp(p->name, "--", 2) == 0;
}

static const struct param *
option_named(const struct operation *op, const char *name)
{
	for (const struct param *p = op->params; p->name != NULL; p++)
		if (is_option(p) && strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

/* The parameter that takes the next word by its place, as a call would. */
static const struct param *
next_place(const struct line *line)
{
	const struct operation *op = line->op;

	for (size_t i = 0; op->params[i].name != NULL; i++)
		if (!is_option(&op->params[i]) && (line->given[i] == 0 ||
		    op->params[i].count >= ANY))
			return &op->params[i];
	return NULL;
}

/* Reads the words before the last one.  *value: the option that it belongs to. */
static void
read_words(struct line *line, const struct param **value)
{
	for (size_t i = 0; i < line->count; i++) {
		const char *word = line->word[i];
		*value = NULL;
		if (line->op == NULL && (strcmp(word, "-C") == 0 ||
		    strcmp(word, "--as") == 0)) {
			const char **what = word[1] == 'C' ?
			    &line->ask.directory : &line->ask.as;
			const char *given = i + 1 < line->count ?
			    line->word[++i] : NULL;
			if (!line->is_fixed)
				*what = given;
		} else if (word[0] == '-' && word[1] != '\0') {
			*value = line->op == NULL ? NULL :
			    option_named(line->op, word);
			if (*value != NULL)
				line->given[*value - line->op->params]++;
			if (*value != NULL && ((*value)->type->is_flag ||
			    i + 1 < line->count)) {
				i += !(*value)->type->is_flag;
				*value = NULL;
			}
		} else if (line->op != NULL) {
			const struct param *p = next_place(line);
			if (p != NULL)
				line->given[p - line->op->params]++;
		} else {
			line->asked[line->asked[0] != NULL] = word;
			line->op = completion_operation(line->asked[0], line->asked[1]);
		}
	}
}

/* --- a parameter ----------------------------------------------------------- */

/* Where an operation takes something else than what its parameter's type knows
 * of. */
static const struct {
	const char	*operation, *param;
	enum param_known known;
} instead[] = {
	{ "domain add", "D", KNOWN_NOTHING },
	{ "domain restore", "D", KNOWN_DELETED_DOMAINS },
	{ "domain purge", "D", KNOWN_DELETED_DOMAINS },
	{ "user add", "U@D", KNOWN_NOTHING },
	{ "user restore", "U@D", KNOWN_DELETED_ACCOUNTS },
	{ "user purge", "U@D", KNOWN_DELETED_ACCOUNTS },
	{ "backup", "U@D|D", KNOWN_DOMAINS_AND_ACCOUNTS },
	{ "restore", "U@D|D", KNOWN_DOMAINS_AND_ACCOUNTS },
};

static enum param_known
known_of(const struct line *line, const struct param *p)
{
	for (size_t i = 0; i < sizeof instead / sizeof *instead; i++)
		if (strcmp(instead[i].operation, line->op->name) == 0 &&
		    strcmp(instead[i].param, p->name) == 0)
			return instead[i].known;
	return p->type->known;
}

/* What a parameter takes besides what its type knows of. */
static const struct {
	const char	*operation, *param;
	const char	*words[5];
} besides[] = {
	{ "alias set", "MEMBER|description=|owners=|membership=",
	  { "description=", "owners=", "membership=open",
	  "membership=restricted" } },
	{ "user forward", "ADDRESS|off", { "off" } },
};

static void
offer_besides(const struct line *line, const struct param *p)
{
	for (size_t i = 0; i < sizeof besides / sizeof *besides; i++) {
		if (strcmp(besides[i].operation, line->op->name) != 0 ||
		    strcmp(besides[i].param, p->name) != 0)
			continue;
		for (size_t k = 0; besides[i].words[k] != NULL; k++)
			offer(&line->ask, besides[i].words[k]);
	}
}

static void
offer_param(const struct line *line, const struct param *p)
{
	offer_besides(line, p);
	switch (known_of(line, p)) {
	case KNOWN_NOTHING:
		/* What is made is not there yet: only its domain is. */
		if (p->type == &param_account)
			offer_domain_part(&line->ask);
		return;
	case KNOWN_CHOICES:
		offer_choices(&line->ask, p->type->label);
		return;
	case KNOWN_DOMAINS:
		offer_domains(&line->ask, "", line->ask.last);
		return;
	case KNOWN_ACCOUNTS:
		offer_accounts(&line->ask);
		return;
	case KNOWN_DOMAINS_AND_ACCOUNTS:
		offer_domains(&line->ask, "", line->ask.last);
		offer_accounts(&line->ask);
		return;
	case KNOWN_DELETED_DOMAINS:
		offer_deleted(&line->ask, trash_domains, CALLER_GLOBAL);
		return;
	case KNOWN_DELETED_ACCOUNTS:
		offer_deleted(&line->ask, trash_accounts, CALLER_DOMAIN);
		return;
	case KNOWN_ALIASES:
		offer_aliases(&line->ask);
		return;
	case KNOWN_AUTOS:
		offer_autos(&line->ask);
		return;
	case KNOWN_SETTINGS:
		offer_settings(&line->ask, p->type->settings);
		return;
	case KNOWN_OPERATIONS:
		offer_operations(&line->ask, line->given[p - line->op->params] > 0 ?
		    line->word[line->count - 1] : NULL);
		return;
	case KNOWN_FILES:
		puts(":files");
		return;
	}
}

static void
offer_options(const struct line *line)
{
	if (line->op == NULL) {
		offer(&line->ask, "-C");
		offer(&line->ask, "--as");
	}
	offer(&line->ask, "-n");
	offer(&line->ask, "--json");
	if (line->op == NULL)
		return;
	for (size_t i = 0; line->op->params[i].name != NULL; i++)
		if (is_option(&line->op->params[i]) && line->given[i] == 0)
			offer(&line->ask, line->op->params[i].name);
}

int
complete(struct call *call, struct err *err)
{
	const struct setting_words *words = call_list(call, "WORD");
	struct line line = { .ask = { call->directory, call->as, "" },
	    .is_fixed = call->as != NULL };
	const struct param *value = NULL;

	(void)err;
	if (words->count == 0)
		return 0;
	line.word = words->word;
	line.count = words->count - 1;
	line.ask.last = words->word[line.count];
	read_words(&line, &value);
	if (line.count > 0 && line.op == NULL &&
	    strcmp(line.word[line.count - 1], "-C") == 0)
		puts(":files");
	else if (value != NULL)
		offer_param(&line, value);
	else if (line.ask.last[0] == '-')
		offer_options(&line);
	else if (line.op == NULL)
		offer_operations(&line.ask, line.asked[0]);
	else {
		const struct param *p = next_place(&line);
		/* "settings" is one, and could be the first of two words. */
		if (line.asked[1] == NULL)
			offer_operations(&line.ask, line.asked[0]);
		if (p != NULL)
			offer_param(&line, p);
		/* "backup FILE": what may be left out was. */
		if (p != NULL && p->count == OPTIONAL && p[1].name != NULL &&
		    p[1].count == ONE)
			offer_param(&line, p + 1);
	}
	return 0;
}
