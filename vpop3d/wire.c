/* wire.c: what the processes of one connection tell one another. */
#include "wire.h"

bool
wire_name_was_cut(struct slice login)
{
	return login.len >= WIRE_LOGIN;
}

bool
wire_request_is_sane(const struct request *r)
{
	return r->login_len <= sizeof r->login &&
	    r->authzid_len <= sizeof r->authzid &&
	    r->password_len <= sizeof r->password &&
	    r->ahead_len <= sizeof r->ahead;
}
