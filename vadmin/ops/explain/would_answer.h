/* would_answer.h: the automatic answers that a message would have. */
#ifndef WOULD_ANSWER_H
#define WOULD_ANSWER_H

#include "would_rows.h"

void	would_vacation(struct would *w, const struct target *target);
void	would_auto(struct would *w, const struct target *target);

#endif
