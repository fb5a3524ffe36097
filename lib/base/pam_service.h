/* pam_service.h: whether PAM knows a service, without asking PAM.
 */
#ifndef PAM_SERVICE_H
#define PAM_SERVICE_H

#include <stdbool.h>

/* Whether the service has a file of its own: else libpam would quietly take the
 * service "other", whatever that lets in.  The name has no slash. */
bool	pam_service_exists(const char *name);

#endif
