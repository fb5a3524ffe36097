/* completion_there.h: what there is for a word to become: each function prints
 * what it begins.
 */
#ifndef COMPLETION_THERE_H
#define COMPLETION_THERE_H

#include "ops.h"
#include "settings.h"

struct completion {
	/* where, and for whom; NULL: nowhere, nobody less */
	const char	*directory, *as;
	const char	*last;		/* what is to become something */
};

/* A row of the table, by its words; second NULL: it has one. */
const struct operation *completion_operation(const char *first,
	    const char *second);

void	offer(const struct completion *line, const char *word);

/* behind stands before each of them, which begin with prefix. */
void	offer_domains(const struct completion *line, const char *behind,
	    const char *prefix);
/* Of "ann@exa". */
void	offer_domain_part(const struct completion *line);
void	offer_accounts(const struct completion *line);
void	offer_aliases(const struct completion *line);
void	offer_autos(const struct completion *line);

/* What a function lists that is in no row of the table, for such callers. */
void	offer_deleted(const struct completion *line, operation_run *list,
	    enum caller least);

/* The small words of "kB|none|disabled". */
void	offer_choices(const struct completion *line, const char *label);
void	offer_settings(const struct completion *line,
	    const struct setting *table);

/* The next word of the operations that begin with first; NULL: the first. */
void	offer_operations(const struct completion *line, const char *first);

#endif
