/* answer_own.c: who answers, and who is answered: addresses in one spelling. */
#include "answer_own.h"

#include <string.h>
#include <strings.h>

#include "installation.h"
#include "name.h"
#include "scope.h"
#include "utf8seq.h"

/* --- own addresses ------------------------------------------------------ */

static void
add_own(struct address *list, size_t *count, struct pool *pool,
    const char *text)
{
	struct address address;
	struct err err;

	if (address_parse(pool, slice_of(text), &address, &err) == 0)
		list[(*count)++] = address;
}

/* Who wrote to another's address, or to nobody's, wrote to others. */
static const struct step *
next_own(const struct step *step)
{
	return step != NULL && (strcmp(step->how, "forward") == 0 ||
	    strcmp(step->how, "fallback") == 0) ? NULL : step;
}

static size_t
count_steps(const struct step *way)
{
	size_t n = 0;

	for (way = next_own(way); way != NULL; way = next_own(way->before))
		n++;
	return n;
}

void
answer_own_addresses(const struct target *target, struct pool *pool,
    struct answer_own *out)
{
	const struct more_ways first = { target->way, target->others };
	const struct account *account = target->account;
	size_t room = 1, count = 0;

	for (const struct more_ways *w = &first; w != NULL; w = w->next)
		room += count_steps(w->way);
	struct address *list = pool_alloc(pool, room * sizeof *list);
	add_own(list, &count, pool, address_text(pool, account != NULL ?
	    account->name : target->local, target->domain->name));
	for (const struct more_ways *w = &first; w != NULL; w = w->next)
		for (const struct step *s = next_own(w->way); s != NULL;
		    s = next_own(s->before))
			add_own(list, &count, pool, s->address);
	*out = (struct answer_own){ .address = list, .count = count,
	    .account = account, .delimiter = target->domain->in != NULL ?
	    target->domain->in->conf.recipient_delimiter : NULL };
}

/* "Joe.A.User", where the domain has match-full-name. */
static bool
is_full_name(const struct account *account, const char *local)
{
	SCOPED(drop_str) struct str own = { 0 }, given = { 0 };

	return account != NULL && account->domain->conf.match_full_name &&
	    account_full_name_key(slice_of(account->full_name), &own) &&
	    account_full_name_key(slice_of(local), &given) &&
	    slice_equal(str_slice(&own), str_slice(&given));
}

/* A domain that is not ASCII by now is none: asking for it would convert it
 * once more. */
static bool
same_domain(const struct answer_own *own, const char *mine, const char *other)
{
	if (!slice_is_ascii(slice_of(other)))
		return false;
	if (strcasecmp(mine, other) == 0)
		return true;
	const char *real = own->real != NULL ? own->real(own->arg, other) :
	    NULL;
	return real != NULL && strcmp(mine, real) == 0;
}

bool
answer_is_own(const struct answer_own *own, const struct address *address)
{
	for (size_t i = 0; i < own->count; i++)
		if (slice_same(slice_of(own->address[i].local),
		    slice_of(address->local)) && same_domain(own,
		    own->address[i].domain, address->domain))
			return true;
	return is_full_name(own->account, address->local) && same_domain(own,
	    own->account->domain->name, address->domain);
}

/* --- what is made of senders ---------------------------------------------- */

/* "HASH=DAY=far.test=ann" */
static bool
unwrap_srs(struct pool *pool, struct slice rest, struct address *out)
{
	SCOPED(drop_str) struct str lower = { 0 };
	struct slice part, domain;

	for (int i = 0; i < 2; i++)
		if (!slice_cut(&rest, '=', &part))
			return false;
	if (!slice_cut(&rest, '=', &domain) || domain.len == 0 ||
	    rest.len == 0)
		return false;
	str_addlower(&lower, domain);
	*out = (struct address){ pool_dup(pool, rest), pool_dup(pool,
	    str_slice(&lower)) };
	return true;
}

bool
answer_unwrap(struct pool *pool, struct address *address)
{
	struct slice rest = slice_of(address->local), part;

	if (slice_starts_same(rest, "prvs=")) {
		rest = slice_from(rest, 5);
		if (!slice_cut(&rest, '=', &part) || rest.len == 0)
			return false;
		address->local = pool_dup(pool, rest);
		return true;
	}
	/* what follows may be '=', '+' or '-' */
	if (slice_starts_same(rest, "SRS0"))
		return unwrap_srs(pool, slice_from(rest, 5), address);
	/* "SRS1=HASH=forward.test==HASH=DAY=far.test=ann" */
	if (!slice_starts_same(rest, "SRS1"))
		return false;
	rest = slice_from(rest, 5);
	return slice_cut(&rest, '=', &part) && slice_cut(&rest, '=', &part) &&
	    unwrap_srs(pool, slice_from(rest, 1), address);
}

static bool
is_own_with_extension(const struct answer_own *own,
    const struct address *address)
{
	SCOPED(drop_str) struct str local = { 0 };

	if (answer_is_own(own, address))
		return true;
	if (own->delimiter == NULL)
		return false;
	str_add(&local, address->local, strcspn(address->local,
	    own->delimiter));
	return answer_is_own(own, &(struct address){ str_text(&local),
	    address->domain });
}

bool
answer_is_own_sender(const struct answer_own *own,
    const struct address *address)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address a = *address;

	do {
		if (is_own_with_extension(own, &a))
			return true;
	} while (answer_unwrap(&pool, &a));
	return false;
}

/* --- who it goes to ------------------------------------------------------ */

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" */
static bool
is_literal(struct slice domain)
{
	if (domain.len < 3 || domain.p[0] != '[' ||
	    domain.p[domain.len - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < domain.len; i++) {
		char c = ascii_lower(domain.p[i]);
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    c == '.' || c == ':'))
			return false;
	}
	return true;
}

static bool
is_text(struct slice s)
{
	for (size_t i = 0; i < s.len; ) {
		size_t n = (unsigned char)s.p[i] < 0x80 ? 1 :
		    utf8seq_length(slice_from(s, i));
		if (n == 0 || (n == 1 && (s.p[i] < ' ' || s.p[i] == 0x7F)))
			return false;
		i += n;
	}
	return true;
}

int
answer_recipient(struct pool *pool, const char *sender, struct address *out,
    struct err *err)
{
	enum { LOCAL_MAX = 256 };
	struct address a;

	if (address_parse(pool, slice_of(sender), &a, err) == -1)
		return -1;
	if ((!name_is_domain(slice_of(a.domain)) &&
	    !is_literal(slice_of(a.domain))) || strlen(a.local) > LOCAL_MAX ||
	    !is_text(slice_of(a.local)))
		return err_set(err, ERR_INVALID, "no address to write to");
	*out = a;
	return 0;
}
