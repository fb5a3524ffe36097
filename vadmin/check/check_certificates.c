/* check_certificates.c: findings of the files that TLS needs. */
#include "check.h"

#include "certificate.h"
#include "fd.h"
#include "scope.h"

/* As vpop3d opens them; it alone looks into them. */
static void
check_files(struct check *check, const struct installation *in,
    const char *about, const struct certificate *certificate)
{
	SCOPED(drop_fd) int fd = -1, key = -1;
	struct err err;

	if (certificate_open(certificate, in, &fd, &key, &err) == -1)
		finding(&check->found, about, "%s", err.text);
}

/* A key without a certificate is never looked at. */
static void
check_lonely_key(struct check *check, const char *about, const char *key,
    const char *where)
{
	if (key[0] != '\0')
		finding(&check->found, about,
		    "%s: tls-key: there is no tls-certificate beside it: set "
		    "it too", where);
}

void
check_certificate(struct check *check)
{
	const struct installation *in = &check->call->in;
	struct pool *pool = &check->call->pool;
	struct certificate certificate;

	if (certificate_of_installation(in, pool, &certificate))
		check_files(check, in, "tls-certificate", &certificate);
	else
		check_lonely_key(check, "tls-key", in->conf.tls_key,
		    installation_where(in, pool, "tls-key"));
}

void
check_certificate_of(struct check *check, const struct domain *domain)
{
	struct pool *pool = &check->call->pool;
	struct certificate certificate;

	if (certificate_of_domain(domain, pool, &certificate))
		check_files(check, domain->in, domain->name, &certificate);
	else
		check_lonely_key(check, domain->name, domain->conf.tls_key,
		    domain_where(domain, pool, "tls-key"));
	if (domain->conf.require_tls == REQUIRE_TLS_YES &&
	    !certificate_is_there(domain->in, domain))
		finding(&check->found, domain->name,
		    "%s: require-tls: nobody can log in before there is a "
		    "certificate: set tls-certificate here or in vmail.conf",
		    domain_where(domain, pool, "require-tls"));
}
