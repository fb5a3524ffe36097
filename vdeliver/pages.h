/* pages.h: what a ledger has on disk, for each recipient; ledger.c alone
 * includes it.
 *
 * ledger.c knows when something has to be on disk, pages.c how it gets there:
 * which directory, which name, in which order, and how long it stays.
 */
#ifndef PAGES_H
#define PAGES_H

#include "job.h"
#include "record.h"

struct done {
	const struct target	*target;
	const char		*text;		/* for the record */
};

/* A directory of records. */
struct place {
	const struct domain	*domain;	/* NULL: root's, for all */
	int			 dir;
};

/* One recipient, and what is on disk for it. */
struct page {
	const struct recipient	*recipient;
	const char		*name;
	struct record		 record;
};

/* A record that nobody needs once the MTA knows.  Its lock is kept until then:
 * who has the same message to deliver, and waits for it, begins anew. */
struct settled {
	struct record	 record;
	char		*name;
};

struct ledger {
	/* of all recipients so far */
	struct done			*done;
	size_t				 done_count, done_room;
	/* the ones that are open; borrowed until they are settled */
	struct recipient *const		*recipients;
	size_t				 count;
	struct page			*pages;		/* NULL: not on disk */
	bool				 forget;
	int				 reserve;	/* room on the disk */
	struct place			*places;
	size_t				 place_count, place_room;
	struct settled			*settled;
	size_t				 settled_count, settled_room;
};

/* Opens the records of the open recipients, and waits for their locks; they are
 * made when make is set.  What is done already is added to each.  -1: some may
 * be open. */
int	pages_open(struct job *job, bool make, struct err *err);

/* The recipients are open no more; with forget their records are settled. */
void	pages_close(struct ledger *l);

/* A record that is made only if sendmail fails must have room then: mail lies in
 * its place already. */
int	pages_reserve(struct job *job, struct err *err);

/* Most often there are no records at all, and no message need be named. */
bool	pages_is_any(struct job *job);

/* Removes what is settled; its locks stay until drop_pages(). */
void	pages_forget(struct ledger *l);

/* Closes all, and frees what was told of the disk. */
void	drop_pages(struct ledger *l);

#endif
