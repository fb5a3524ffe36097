/* restore_record.h: DIR/.restore: how far a restoring has come, so that one
 * that was ended goes on where it was: which backup, how many of its domains
 * are done, which user ids the accounts of the next one have.
 */
#ifndef RESTORE_RECORD_H
#define RESTORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "table.h"

struct restored_uid {
	const char		*account;
	uid_t			 uid;
	struct restored_uid	*next;
};

struct restore_record {
	const char		*id;		/* which backup, and what */
	const char		*file;		/* its path, for people */
	uint64_t		 done;		/* domains */
	bool			 begun;		/* the next one */
	struct restored_uid	*uids;		/* of its accounts */
	struct table		 by_name;	/* the same */
	struct pool		 pool;
};
void	drop_restore_record(struct restore_record *record);

/* file is whole, with its directory.  ERR_REFUSED: another one was ended and is
 * not through. */
int	restore_record_read(const struct installation *in, const char *id,
	    const char *file, struct restore_record *record, struct err *err);

/* Whether one is not through. */
bool	restore_record_is_there(const struct installation *in);

/* Until it is written. */
void	restore_record_add(struct restore_record *record, const char *account,
	    uid_t uid);

/* 0: it has none. */
uid_t	restore_record_uid(const struct restore_record *record,
	    const char *account);

/* What is in it is on the disk. */
int	restore_record_write(const struct installation *in,
	    const struct restore_record *record, struct err *err);

/* One more domain is done. */
int	restore_record_next(const struct installation *in,
	    struct restore_record *record, struct err *err);

/* All is restored. */
int	restore_record_end(const struct installation *in, struct err *err);

#endif
