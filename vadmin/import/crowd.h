/* crowd.h: newcomers of many domains, gathered by domain, judged and made
 * together. */
#ifndef CROWD_H
#define CROWD_H

#include "intake.h"
#include "operation.h"
#include "report.h"
#include "table.h"

struct crowd {
	struct call	*call;
	struct table	 by_name;	/* a domain as it was spelt */
	struct intake	*intakes;
	size_t		 count, room;
};
void	drop_crowd(struct crowd *crowd);

/* A domain of ours, by any spelling: the place of its newcomers, valid until
 * the next call. */
int	crowd_domain(struct crowd *crowd, struct slice domain,
	    struct intake **out, struct err *err);

int	crowd_judge(struct crowd *crowd, struct err *err);

/* A line for each that is wrong: how many there are. */
size_t	crowd_wrong(const struct crowd *crowd, struct report *report);

/* Domain by domain; an alias of the name of a new one is told. */
int	crowd_make(struct crowd *crowd, struct err *err);

/* A line for each. */
void	crowd_report(const struct crowd *crowd, struct report *report);

#endif
