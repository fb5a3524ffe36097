/* operation.h: what vadmin can do: one row per operation, for every face.
 *
 * A row names its parameters with their types; the faces fill a struct call
 * from them, and nothing reaches an operation that its row does not name.
 */
#ifndef OPERATION_H
#define OPERATION_H

#include <stdbool.h>

#include "err.h"
#include "index_recall.h"
#include "installation.h"
#include "pool.h"
#include "principal.h"
#include "str.h"

struct account;
struct call;
struct param_type;

enum param_count {
	ONE,		/* must be given */
	OPTIONAL,	/* once or not at all */
	ANY,		/* as often as wanted; the last of its row */
	SOME,		/* at least once; the last of its row */
};

/* A name that begins with "--" is an option, wherever it stands. */
struct param {
	const char		*name;
	const struct param_type	*type;
	enum param_count	 count;
	const char		*help;
};

enum { OPERATION_PARAMS = 4 };

struct operation {
	const char	*name;			/* "domain add" */
	const char	*help;			/* one sentence */
	/* who may call it, and everybody who may do more; of what: the types
	 * of its params say (authority.h).  A row that does not say it is
	 * root's. */
	enum caller	 least;
	/* holds the installation's lock */
	bool		 changes;
	/* NULL: not in this version */
	int		(*run)(struct call *, struct err *);
	/* what to ask people before the lock */
	int		(*ask)(struct call *, struct err *);
	/* opens the installation itself, if at all */
	bool		 anywhere;
	struct param	 params[OPERATION_PARAMS + 1];
};

/* Ends with a row without a name. */
extern const struct operation operations[];

/* One call of an operation, as a face fills it. */
struct call {
	const struct operation	*op;
	const char		*directory;	/* -C */
	/* -n: nothing is changed, what would be is told */
	bool			 rehearsed;
	const char		*as;		/* --as; NULL: nobody less */
	struct principal	 principal;	/* once the installation is open */
	/* what values and results live in */
	struct pool		 pool;
	/* of the row's params */
	struct setting_words	 values[OPERATION_PARAMS];
	struct installation	 in;
	bool			 opened;	/* in is */
	struct index_recall	 recall;	/* of in */
	int			 lock;
	/* what to exit with when nothing failed */
	int			 status;
	/* a password's, when ask() got one */
	const char		*hash;
	/* what ask() has got ready for run(); lives in pool */
	void			*ready;
	/* the password itself, when nobody chose it */
	const char		*generated;
};

bool		call_has(const struct call *call, const char *param);

/* The first value; NULL when there is none. */
const char	*call_text(const struct call *call, const char *param);
const struct setting_words *call_list(const struct call *call,
	    const char *param);

/* Checks value against the type and adds it. */
int		call_add(struct call *call, size_t param, const char *value,
	    struct err *err);

/* Opens the installation, finds out who calls and whether he may:
 * call->opened tells whether the first of these failed. */
int		call_open(struct call *call, struct err *err);

/* Opens the installation, takes the lock if the operation
 * changes something, and runs it, if the caller may: with an entry in the
 * journal or, for -n, without a change. */
int		call_run(struct call *call, struct err *err);
void		drop_call(struct call *call);

/* "note: ..." to the person at the keyboard. */
void		note(const char *fmt,
	    ...) __attribute__((format(printf, 1, 2)));

#endif
