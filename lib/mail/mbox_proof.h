/* mbox_proof.h: whether what is read of an mbox is what was scanned at login,
 * or what a cache said then.
 */
#ifndef MBOX_PROOF_H
#define MBOX_PROOF_H

#include "mbox_maildrop.h"

enum {
	/* so many bytes, with what separates them, are a short message */
	MBOX_WHOLE = 65536,
};

struct mbox_state mbox_state_of(const struct stat *st);
bool	mbox_is_unchanged(const struct mbox_state *since,
	    const struct stat *st);

/* Looks at so many entries again, in one go: -1, they are no longer what was
 * scanned. */
int	mbox_verify_entries(struct mbox_maildrop *d, size_t first,
	    size_t count, struct err *err);
int	mbox_changed_under_us(struct mbox_maildrop *d, struct err *err);

/* Where the entry ends, with what separates it from the next one. */
off_t	mbox_end_of(const struct mbox_maildrop *d, size_t entry);

/* All of a short one, to d->whole: it is what was scanned, or -1. */
int	mbox_read_proven(struct mbox_maildrop *d, size_t entry,
	    struct err *err);

/* A long one: begin, then parts as they are read and given to prove_part(),
 * which lie at d->at, then end.  What was scanned at login comes as it was while
 * nobody touches the file; from then on, and of what a cache said, it is proven
 * on the way, so that the end is -1 where it was wrong. */
int	mbox_prove_begin(struct mbox_maildrop *d, size_t entry,
	    struct err *err);
int	mbox_read_checked(struct mbox_maildrop *d, size_t entry, void *p,
	    size_t size, off_t at, struct err *err);
int	mbox_prove_part(struct mbox_maildrop *d, struct slice bytes,
	    struct err *err);
int	mbox_prove_end(struct mbox_maildrop *d, size_t entry,
	    struct err *err);

#endif
