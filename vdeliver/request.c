/* request.c: what vdeliver was asked for, by arguments or by the
 * environment. */
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "installation.h"

#define USAGE	"usage: vdeliver [-C dir] [-n] [-v] [-f sender] [-d domain] " \
		"[--] recipient..."

struct arguments {
	const char	*sender;	/* NULL: none given */
	const char	*domain;	/* -d; NULL: none */
};

static int
read_options(int argc, char **argv, struct request *r, struct arguments *a,
    struct err *err)
{
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, "+C:nvf:d:")) != -1) {
		switch (option) {
		case 'C':
			r->directory = optarg;
			break;
		case 'n':
			r->dry_run = true;
			break;
		case 'v':
			r->verbose = true;
			break;
		case 'f':
			a->sender = optarg;
			break;
		case 'd':
			a->domain = optarg;
			break;
		default:
			return err_set(err, ERR_INVALID, optopt == 'C' ||
			    optopt == 'f' || optopt == 'd' ?
			    "option -%c needs a value; %s" :
			    "unknown option -%c; %s", optopt > ' ' &&
			    optopt <= '~' ? optopt : '?', USAGE);
		}
	}
	return 0;
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* An @ that is not in the quotes of a local part. */
static bool
has_domain(const char *given)
{
	const char *at = given;

	if (*at == '"')
		for (at++; *at != '\0' && *at != '"'; at++)
			if (*at == '\\' && at[1] != '\0')
				at++;
	/* Quotes that are not closed are no local part. */
	return strchr(*at != '\0' ? at : given, '@') != NULL;
}

/* "user@domain" stands for itself; a local part needs -d. */
static int
add_recipient(struct request *r, const char *given, const char *domain,
    struct err *err)
{
	bool whole = has_domain(given);

	if (!whole && (domain == NULL || domain[0] == '\0'))
		return err_set(err, ERR_INVALID,
		    "recipient '%s' has no domain: give one with -d", given);
	r->recipients[r->count++] = whole ?
	    pool_dup(&r->pool, slice_of(given)) :
	    pool_format(&r->pool, "%s@%s", given, domain);
	return 0;
}

static int
recipients_from_environment(struct request *r, struct arguments *a,
    struct err *err)
{
	const char *recipient = variable("RECIPIENT");
	const char *domain = a->domain ? a->domain : variable("DOMAIN");

	if (recipient[0] == '\0')
		recipient = variable("LOCAL");
	if (recipient[0] == '\0')
		return err_set(err, ERR_INVALID, "no recipient; %s", USAGE);
	if (a->sender == NULL)
		a->sender = variable("SENDER");
	r->recipients = pool_alloc(&r->pool, sizeof *r->recipients);
	return add_recipient(r, recipient, domain, err);
}

static int
recipients_from_arguments(int count, char **given, struct request *r,
    const struct arguments *a, struct err *err)
{
	r->recipients = pool_alloc(&r->pool,
	    (size_t)count * sizeof *r->recipients);
	for (int i = 0; i < count; i++)
		if (add_recipient(r, given[i], a->domain, err) == -1)
			return -1;
	return 0;
}

/* One that must be refused is kept as it is, for the log. */
static void
take_sender(struct request *r, const char *given)
{
	struct err err;

	if (address_sender(&r->pool, slice_of(given), &r->sender, &err) == 0)
		return;
	r->sender = given;
	r->wrong_sender = pool_dup(&r->pool, slice_of(err.text));
}

int
request_parse(int argc, char **argv, struct request *r, struct err *err)
{
	struct arguments a = { 0 };

	r->directory = INSTALLATION_DIR;
	if (read_options(argc, argv, r, &a, err) == -1)
		return -1;
	if ((optind < argc ? recipients_from_arguments(argc - optind,
	    argv + optind, r, &a, err) : recipients_from_environment(r, &a,
	    err)) == -1)
		return -1;
	take_sender(r, a.sender ? a.sender : "");
	return 0;
}

void
drop_request(struct request *r)
{
	drop_pool(&r->pool);
}
