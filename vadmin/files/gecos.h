/* gecos.h: the fifth field of passwd.D: full name, office, telephones. */
#ifndef GECOS_H
#define GECOS_H

#include "str.h"

enum gecos_part {
	GECOS_NAME,
	GECOS_OFFICE,
	GECOS_PHONE,		/* at work */
	GECOS_HOME_PHONE,
};
enum { GECOS_PARTS = GECOS_HOME_PHONE + 1 };

/* The part between its commas; empty where there is none. */
struct slice gecos_part(struct slice gecos, enum gecos_part part);

/* Gives it another part; what comes behind the last one we know stays. */
void	gecos_set(struct str *gecos, enum gecos_part part,
	    struct slice value);

/* The full name of who has these; either may be "". */
void	gecos_add_whole_name(struct str *out, const char *first,
	    const char *last);

#endif
