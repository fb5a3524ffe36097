/* judge.h: what the end of a command means for the mail.
 *
 * Status 0 is success; 65, 67, 68, 69 and 77 refuse for good, with the first
 * line of standard error as reason, which may begin with a code of its own
 * ("5.7.1 we do not like it"); all else is temporary.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "command.h"
#include "outcome.h"

struct outcome	judge_command(const struct command_result *result);

#endif
