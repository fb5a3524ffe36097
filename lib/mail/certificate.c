/* certificate.c: the files of TLS certificates: who configures which, and
 * whether they may be believed. */
#include "certificate.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "fd.h"
#include "file.h"
#include "scope.h"
#include "trust.h"

static const char CERTIFICATE[] = "tls-certificate", KEY[] = "tls-key";

/* Without a key of its own, the certificate's file holds both. */
static bool
find(const struct installation *in, struct pool *pool, const char *path,
    const char *key_path, const char *where, const char *key_where,
    struct certificate *out)
{
	bool both = key_path[0] == '\0';

	if (path[0] == '\0')
		return false;
	out->path = installation_path(in, pool, path);
	out->label = pool_format(pool, "%s: %s: %s", where, CERTIFICATE,
	    out->path);
	out->key_path = both ? out->path :
	    installation_path(in, pool, key_path);
	out->key_label = both ? out->label :
	    pool_format(pool, "%s: %s: %s", key_where, KEY, out->key_path);
	return true;
}

bool
certificate_of_domain(const struct domain *domain, struct pool *pool,
    struct certificate *out)
{
	return find(domain->in, pool, domain->conf.tls_certificate,
	    domain->conf.tls_key, domain_where(domain, pool, CERTIFICATE),
	    domain_where(domain, pool, KEY), out);
}

bool
certificate_of_installation(const struct installation *in, struct pool *pool,
    struct certificate *out)
{
	return find(in, pool, in->conf.tls_certificate, in->conf.tls_key,
	    installation_where(in, pool, CERTIFICATE),
	    installation_where(in, pool, KEY), out);
}

bool
certificate_is_there(const struct installation *in,
    const struct domain *domain)
{
	return in->conf.tls_certificate[0] != '\0' ||
	    (domain != NULL && domain->conf.tls_certificate[0] != '\0');
}

static int
open_trusted(const struct installation *in, const char *path,
    const char *label, bool is_key, int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	if (trust_path(path, in->owner, err) == -1 ||
	    file_open(AT_FDCWD, path, 0, &got, &st, err) == -1) {
		/* It is set: that it is not there is a fault. */
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_TEMPORARY;
		return err_within(err, "%s", label);
	}
	if (!trust_file(&st, in->owner))
		return err_set(err, ERR_REFUSED,
		    "%s: others can write to it: give it to %s and close it "
		    "(chmod go-w)", label, in->owner == 0 ? "root" :
		    "the owner of vmail.conf");
	if (is_key && (st.st_mode & S_IRWXO) != 0)
		return err_set(err, ERR_REFUSED,
		    "%s: everybody can read the key in it: close it (chmod "
		    "o-rwx)", label);
	*fd = got;
	got = -1;
	return 0;
}

int
certificate_open(const struct certificate *c, const struct installation *in,
    int *fd, int *key_fd, struct err *err)
{
	SCOPED(drop_fd) int got = -1;

	if (open_trusted(in, c->path, c->label, false, &got, err) == -1 ||
	    open_trusted(in, c->key_path, c->key_label, true, key_fd,
	    err) == -1)
		return -1;
	*fd = got;
	got = -1;
	return 0;
}
