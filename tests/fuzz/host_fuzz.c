/* host_fuzz.c: names of hosts that a reverse zone, a TLS client or a login
 * gives, and which domain each leads to. */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "domain.h"
#include "host.h"
#include "name.h"
#include "scope.h"

/* Each name that a domain has, and its real one. */
static const struct {
	const char	*name, *real;
} ours[] = {
	{ "a.test", "a.test" },
	{ "mail.b.test", "mail.b.test" },
	{ "b.test", "b.test" },
	{ "alias.test", "a.test" },
	{ "test.alias.test", "b.test" },
	{ "xn--u", "xn--u" },
};
enum { OURS = sizeof ours / sizeof ours[0] };

static struct installation
open_ours(void)
{
	static bool made;
	struct installation in = { .path = "fuzz", .dir = fuzz_dir() };

	if (!made) {
		fuzz_write("domain.a.test", SLICE(""));
		fuzz_write("passwd.b.test", SLICE(""));
		fuzz_write("domain.mail.b.test", SLICE(""));
		fuzz_write("domain.xn--u", SLICE(""));
		promise(symlinkat("domain.a.test", in.dir,
		    "domain.alias.test") == 0 && symlinkat("domain.b.test",
		    in.dir, "domain.test.alias.test") == 0 &&
		    symlinkat("domain.nothing.test", in.dir,
		    "domain.broken.test") == 0, "links");
	}
	made = true;
	return in;
}

/* The host is a name of that domain, or below one. */
static bool
is_below(struct slice host, const char *real)
{
	for (size_t i = 0; i < OURS; i++) {
		struct slice name = slice_of(ours[i].name);
		if (strcmp(ours[i].real, real) != 0 || !slice_ends(host,
		    ours[i].name))
			continue;
		if (host.len == name.len ||
		    host.p[host.len - name.len - 1] == '.')
			return true;
	}
	return false;
}

static bool
is_ours(struct slice host)
{
	for (size_t i = 0; i < OURS; i++)
		if (slice_is(host, ours[i].name))
			return true;
	return false;
}

/* NULL: none of ours; "": it leads to one that is broken. */
static const char *
domain_of(const struct installation *in, struct pool *pool, struct slice host,
    bool whole_last)
{
	SCOPED(drop_str) struct str lower = { 0 };
	const char *real = NULL;
	struct err err = { 0 };

	if (host_domain(in, pool, host, whole_last, &real, &err) == 0)
		return real;
	promise(err.kind == ERR_ABSENT || err.kind == ERR_TEMPORARY,
	    "a name is of none of our domains, or of a broken one");
	str_addlower(&lower, host);
	promise(err.kind == ERR_ABSENT ||
	    strstr(str_text(&lower), "broken") != NULL || slice_has(host, '\0'),
	    "one alone is broken");
	return err.kind == ERR_ABSENT ? NULL : "";
}

/* A name that passed: of a reverse zone, or a server's. */
static void
leads(const struct installation *in, struct pool *pool, struct slice name)
{
	const char *first = domain_of(in, pool, name, false);
	const char *last = domain_of(in, pool, name, true);

	for (const char *const *real = (const char *const[]){ first, last,
	    NULL }; *real != NULL; real++)
		promise(**real == '\0' || is_below(name, *real),
		    "it leads to a domain that it is below");
	promise((first == NULL) == (last == NULL),
	    "whether it leads to one does not depend on the order");
	if (first != NULL && !is_ours(name) && first[0] != '\0')
		promise(strcmp(first, last) == 0,
		    "nor to which, where the whole is none");
}

static void
one_spelling(struct pool *pool, struct slice given, struct slice name)
{
	SCOPED(drop_str) struct str other = { 0 };
	struct slice again;

	promise(name_is_domain(name) && !slice_has(name, '/') &&
	    !slice_has(name, '\0') && name.p[0] != '.',
	    "it can be part of a file's name");
	for (size_t i = 0; i < given.len; i++)
		str_addc(&other, given.p[i] >= 'a' && given.p[i] <= 'z' ?
		    (char)(given.p[i] - 'a' + 'A') : given.p[i]);
	if (!slice_ends(given, "."))
		str_addc(&other, '.');
	promise(host_name(pool, str_slice(&other), &again) == 0 &&
	    slice_equal(name, again), "case and a dot at the end are nothing");
	promise(host_name(pool, name, &again) == 0 &&
	    slice_equal(name, again), "it has one spelling");
}

void
fuzz(struct slice input)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation in = open_ours();
	struct slice name;

	if (host_name(&pool, input, &name) == 0) {
		one_spelling(&pool, input, name);
		leads(&in, &pool, name);
	}
	/* as it stands in a login */
	domain_of(&in, &pool, input, false);
}
