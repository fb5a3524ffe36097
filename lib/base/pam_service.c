/* pam_service.c: whether PAM knows a service, without asking PAM. */
#include "pam_service.h"

#include <sys/stat.h>

#include "scope.h"
#include "str.h"

/* Where libpam looks, first and second; the third is what some systems add. */
static const char *const places[] = { "/etc/pam.d", "/usr/lib/pam.d",
    "/usr/etc/pam.d" };

bool
pam_service_exists(const char *name)
{
	SCOPED(drop_str) struct str path = { 0 };
	struct stat st;

	if (stat(places[0], &st) == -1)
		return true;		/* all is in /etc/pam.conf */
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		str_cut(&path, 0);
		str_addf(&path, "%s/%s", places[i], name);
		if (stat(str_text(&path), &st) == 0)
			return true;
	}
	return false;
}
