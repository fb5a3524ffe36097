/* domain_warn.c: what settings name that is not there. */
#include "domain_warn.h"

#include "certificate.h"
#include "domain.h"
#include "fd.h"
#include "needs.h"
#include "param.h"
#include "plan.h"
#include "resolve.h"
#include "scope.h"

bool
domain_assigns(const struct setting_words *settings, const char *wanted)
{
	struct slice name, value;
	bool found = false;

	for (size_t i = 0; i < settings->count; i++) {
		param_assignment(settings->word[i], &name, &value);
		found = found || slice_is(name, wanted);
	}
	return found;
}

static void
warn_fallback(const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_plan) struct plan plan = { 0 };

	if (domain->conf.fallback[0] == '\0')
		return;
	resolve(domain->in, &plan, pool_format(&pool,
	    "no-such-user.vadmin-check@%s", domain->name));
	for (size_t i = 0; i < plan.count; i++)
		if (plan.targets[i]->kind == TARGET_FAILURE)
			note("fallback: %s %s", plan.targets[i]->failure.code,
			    plan.targets[i]->failure.text);
}

static void
warn_certificate(const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_fd) int key = -1;
	struct certificate certificate;
	struct err err;

	if (certificate_of_domain(domain, &pool, &certificate) &&
	    certificate_open(&certificate, domain->in, &fd, &key, &err) == -1)
		note("%s", err.text);
}

/* Told, not refused, like a mistyped member of an alias: what is named may
 * come later. */
void
domain_warn(struct call *call, const char *name,
    const struct setting_words *settings)
{
	const char *setting, *missing;
	struct domain *domain;
	struct err unused;

	if (call->rehearsed || domain_open(&call->in, &call->pool,
	    slice_of(name), &domain, &unused) == -1)
		return;
	for (size_t i = 0; needs_of_setting(domain, &call->pool, i, &setting,
	    &missing); i++)
		if (missing != NULL && domain_assigns(settings, setting))
			note("%s: %s", setting, missing);
	if (domain_assigns(settings, "fallback"))
		warn_fallback(domain);
	if (domain_assigns(settings, "tls-certificate") ||
	    domain_assigns(settings, "tls-key"))
		warn_certificate(domain);
}
