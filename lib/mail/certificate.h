/* certificate.h: the files of TLS certificates: who configures which, and
 * whether they may be believed.
 *
 * Nothing here looks into them: that is done by who has no rights.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <stdbool.h>

#include "domain.h"
#include "err.h"
#include "installation.h"
#include "pool.h"

struct certificate {
	/* "FILE:LINE: tls-certificate: PATH", for messages */
	const char	*label, *key_label;
	/* absolute; one file may hold both */
	const char	*path, *key_path;
};

/* The domain's own, and the installation's; all lives in pool.  False: it has
 * none. */
bool	certificate_of_domain(const struct domain *domain, struct pool *pool,
	    struct certificate *out);
bool	certificate_of_installation(const struct installation *in,
	    struct pool *pool, struct certificate *out);

/* Whether clients of the domain can be served with one.  NULL: of none. */
bool	certificate_is_there(const struct installation *in,
	    const struct domain *domain);

/* Opens certificate and key.  -1 with words for an operator: a file is missing,
 * somebody else could have written it (trust.h), or everybody can read the
 * key. */
int	certificate_open(const struct certificate *certificate,
	    const struct installation *in, int *fd, int *key_fd,
	    struct err *err);

#endif
