/* step.h: one change as it is kept account of: what was, what came. */
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <sys/types.h>

#include "change.h"
#include "err.h"
#include "hunk.h"
#include "output.h"
#include "pool.h"

struct journal_step {
	enum change_kind kind;
	const char	*path;
	const char	*to;		/* of a move, a copy (from there), a link */
	/* what was there was a link, and said this; or NULL */
	const char	*said;
	/* a file or a link: was there before, is there behind */
	bool		 was, is;
	/* what was there is not kept: it was too long, or no plain file */
	bool		 lost;
	/* of the file that was; of one that is new; who for another process */
	struct ident	 owner;
	mode_t		 mode;
	struct hunk	 hunk;		/* CHANGE_FILE; CHANGE_LINK: what was */
};

/* What the hunk's slices look into, as long as that lives. */
struct step_texts {
	char	*old, *new;		/* mapped */
	size_t	 old_len, new_len;
};

/* What a change would do to what is there now.  place: the path's function, or
 * place_of(). */
typedef int step_place(void *arg, int dir, const char *name, struct str *out,
	    struct err *err);
int	step_of(const struct change *change, step_place *place, void *arg,
	    struct pool *pool, struct step_texts *texts, struct journal_step *out,
	    struct err *err);
void	drop_step_texts(struct step_texts *texts);

/* The kind as it is written and shown: "file", "move" ... */
const char *step_kind_name(enum change_kind kind);
bool	step_kind_named(struct slice name, enum change_kind *out);

/* What is done to the path: "replace", "make", "move" ... */
const char *step_action(const struct journal_step *step);

/* Whether it changed a file of the domain, or something in a directory of its. */
bool	step_is_of_domain(const struct journal_step *step, const char *domain);

/* The sheet of steps: ACTION, PATH, TEXT; the lines that go and come have "-" and
 * "+" for an action.  No hash of a password is in it. */
extern const char *const step_heads[];
void	step_show(const struct journal_step *step, struct sheet *sheet);

#endif
