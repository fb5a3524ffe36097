/* transaction.h: the commands of a session that has its mailbox open. */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "maildrop.h"
#include "dialogue.h"
#include "wire.h"

struct transaction {
	struct dialogue	*client;
	struct maildrop	*drop;
	const char	*name;		/* that greeted */
	bool		 keeps_all;	/* DELE is refused */
	uint64_t	 login_delay;	/* seconds, for CAPA */
	/* how long QUIT waits for the mailbox's locks */
	uint64_t	 lock_ms;
	/* the highest message that was accessed, from 1 */
	uint64_t	 last;
	struct report	*report;	/* is filled in */
};

/* Answers until client->end says why no more; QUIT has removed what was
 * marked. */
void	transaction_run(struct transaction *t);

#endif
