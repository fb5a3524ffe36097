/* vpam_wire.h: what vpam and the process that started it tell one another.
 *
 * Standard input: the fields below, in this order, each ended by a NUL byte.
 *
 * Exit status: 0 the password is right and the account may be used, 77 not so,
 * 75 it could not be found out.  (1 is what a loader or a sanitizer may say.)
 *
 * Standard output, one line: where the status is not 0, why not, for the log.
 * Where ids are wanted, "UID GID NAME" of the system's user that PAM made of
 * the login.
 */
#ifndef VPAM_WIRE_H
#define VPAM_WIRE_H

enum vpam_field {
	VPAM_SERVICE,
	VPAM_USER,
	VPAM_PEER,		/* the client's address; "": there is none */
	VPAM_IDS,		/* "": they are not wanted */
	VPAM_PASSWORD,
	VPAM_FIELDS,
};

enum {
	VPAM_REQUEST_MAX = 4096,	/* all fields with their ends */
	VPAM_ANSWER_MAX	= 1024,
};

#endif
