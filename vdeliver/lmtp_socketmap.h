/* lmtp_socketmap.h: the resolver for MTAs that look recipients up.
 *
 * Postfix's and sendmail's socketmap protocol (socketmap_table(5)): a netstring
 * "MAP KEY" is answered by one: "OK KEY", "NOTFOUND ", "TEMP text" or "PERM
 * text".  Maps: domains, recipients; full, where "OK " an action of access(5).
 */
#ifndef LMTP_SOCKETMAP_H
#define LMTP_SOCKETMAP_H

#include "lmtp_session.h"

/* As lmtp_session_run(). */
enum dialogue_end lmtp_socketmap_run(const struct lmtp_session *session);

#endif
