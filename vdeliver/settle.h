/* settle.h: what became of each target, and so of each recipient. */
#ifndef SETTLE_H
#define SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "outcome.h"
#include "plan.h"

/* The target's outcome; one that has none yet is open.  settle_since(): it was
 * begun at start. */
void	settle(struct plan *plan, struct target *target,
	    struct outcome outcome);
void	settle_since(struct plan *plan, struct target *target,
	    struct outcome outcome, struct deadline start);

/* An answer that waits for the mail's next try: success, as nothing of it may
 * hold up the mail, and nothing that was done. */
void	settle_put_off(struct plan *plan, struct target *target);
bool	settled_is_put_off(const struct target *target);

/* What the plan alone tells: failures of the resolver. */
void	settle_recipient(struct plan *plan, struct recipient *recipient);
void	settle_all_known(struct plan *plan);

/* The same for all that is open yet of these recipients. */
void	settle_open(struct plan *plan, struct recipient *const *recipients,
	    size_t count, struct outcome outcome);

/* As if all were delivered that can be. */
void	settle_without_delivery(struct plan *plan);

/* Before anything is delivered: what can be known of the recipient. */
const struct outcome *settle_expected(struct plan *plan,
	    struct recipient *recipient);

/* The target's outcome; success while it is open.  Milliseconds that it took;
 * 0: nothing was tried. */
const struct outcome *settled_outcome(const struct target *target);
uint64_t settled_ms(const struct target *target);

/* The one that decides for the recipient. */
const struct outcome *settled_result(const struct recipient *recipient);

/* The target failed, and the MTA can try its address by itself: it is one of
 * several, and the others stand. */
bool	settled_to_hand_on(const struct recipient *recipient,
	    const struct target *target);

#endif
