/* spf.h: words of an SPF record (RFC 7208). */
#ifndef SPF_H
#define SPF_H

#include "look.h"

/* What was found in all records that count. */
struct spf {
	unsigned	lookups;
	unsigned	nothing;	/* so many of them found nothing */
	bool		is_wrong;	/* and was told */
};

/* One that is read. */
struct record {
	const char	*domain;	/* whose it is */
	bool		 passes;	/* what passes it, passes */
	unsigned	 redirects, explanations;
};

struct term {
	char		qualifier;
	struct slice	name;
	char		separator;	/* ':', '=', '/' or NUL */
	struct slice	value;
};

/* For people, in quotes: a word, or a term without its qualifier; and whose it
 * is, where that is another's, who has to mend it. */
const char *spf_quoted(struct look *look, const struct record *record,
	    struct slice word);
const char *spf_written(struct look *look, const struct record *record,
	    struct term t);

/* Of ip4 or ip6.  passes: mail that it fits passes. */
void	spf_judge_network(struct look *look, struct spf *spf,
	    const struct record *record, struct term t, int family,
	    bool passes);

/* Of a and mx, without a name the record's own, which the DNS is asked for; what
 * the message decides (macros) is nobody's. */
void	spf_judge_name(struct look *look, struct spf *spf,
	    const struct record *record, struct term t, bool passes);

#endif
