/* question.c: what this machine knows of a domain before it is looked at. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "dns.h"
#include "domain.h"
#include "fd.h"
#include "lines.h"
#include "outside.h"
#include "scope.h"

int
outside_resolver(const char *text, struct err *err)
{
	struct sockaddr_storage unused;

	return dial_address(text, DNS_PORT, &unused, err);
}

/* Whether a line of the file addresses leads to the domain. */
static bool
is_listed(const struct installation *in, struct pool *pool, const char *wanted)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line, address, domain;
	const char *real;
	struct err err;

	if (installation_file(in, "addresses", &fd, &err) == -1)
		return false;
	lines.fd = fd;
	while (lines_next(&lines, &line, &err) == 1) {
		if (slice_starts(line, "#") || !slice_word(&line, &address) ||
		    !slice_word(&line, &domain))
			continue;
		if (domain_real_name(in, pool, domain, &real, &err) == 0 &&
		    strcmp(real, wanted) == 0)
			return true;
	}
	return false;
}

/* An alias of a domain, whose settings are all that there is. */
static void
ask_installation(const struct installation *in, struct pool *pool,
    struct outside_question *q)
{
	const struct setting_words *from = &in->conf.domain_from;
	struct err err;

	q->by_address = false;
	for (size_t i = 0; i < from->count; i++)
		if (strcmp(from->word[i], "address") == 0)
			q->by_address = true;
	domain_real_name(in, pool, slice_of(q->domain), &q->real, &err);
	q->is_listed = is_listed(in, pool, q->real);
}

void
outside_ask(const struct installation *in, struct pool *pool,
    const struct outside_options *options, const char *domain,
    struct outside_question *out)
{
	SCOPED(drop_fd) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*out = (struct outside_question){ .options = options,
	    .domain = domain, .real = domain, .by_address = true,
	    .selectors = options->selectors };
	if (in != NULL)
		ask_installation(in, pool, out);
	if (out->selectors.count == 0 && root != -1)
		selectors_in_use(root, pool, domain, &out->selectors);
}
