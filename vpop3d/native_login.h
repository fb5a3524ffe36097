/* native_login.h: a login at the native pop3d, as a client has typed it. */
#ifndef NATIVE_LOGIN_H
#define NATIVE_LOGIN_H

#include <stdbool.h>

#include "dialogue.h"
#include "wire.h"

/* Whether a line can hold what was typed, and nothing of it was cut off. */
bool	native_login_is_possible(const struct request *request);

/* Swallows the greeting, and tells login and password.  VERDICT_OPEN: *first is
 * the native's answer with its line end, and what came behind it; else told has
 * its words, where it is the native that refuses, and a reason for the log.
 * Both talk of the request's secrets no more, but dialogue's buffers do. */
enum verdict native_login(struct dialogue *native,
	    const struct request *request, struct slice *first,
	    struct opened *told);

#endif
