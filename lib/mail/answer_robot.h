/* answer_robot.h: whether an address is a program's, by its name. */
#ifndef ANSWER_ROBOT_H
#define ANSWER_ROBOT_H

#include <stdbool.h>

#include "address.h"
#include "answer_verdict.h"

/* Also behind what forwarders and signers make of senders, and before a "+".
 * Of some names, "postmaster", only a vacation makes robots. */
bool	answer_is_robot(const struct address *address, enum answer_kind kind);

#endif
