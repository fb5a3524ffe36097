/* inbox_pattern.c: the "inbox" setting by which inboxes are found where they
 * lie already. */
#include "inbox_pattern.h"

#include <string.h>

#include "scope.h"
#include "table.h"

static void
add_literal(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		str_addc(out, text.p[i]);
		if (text.p[i] == '%')
			str_addc(out, '%');
	}
}

/* What is left of a step behind a name in it: "@example.com", ".mbox". */
static bool
cut_prefix(struct slice *s, const char *prefix)
{
	if (!slice_starts(*s, prefix))
		return false;
	*s = slice_from(*s, strlen(prefix));
	return s->len == 0 || strchr("@.-_+,", s->p[0]) != NULL;
}

static void
add_step(struct str *out, const char *domain, const char *account,
    struct slice step, bool *found)
{
	struct slice rest = step;

	if (slice_is(step, domain)) {
		str_adds(out, "%d");
		return;
	}
	if (cut_prefix(&rest, account)) {
		*found = true;
		str_adds(out, "%u");
		if (slice_starts(rest, "@") && slice_is(slice_from(rest, 1),
		    domain))
			str_adds(out, "@%d");
		else
			add_literal(out, rest);
		return;
	}
	add_literal(out, step);
}

/* NULL: the account is not named in it. */
static const char *
pattern_of(struct pool *pool, const char *domain,
    const struct inbox_place *place)
{
	SCOPED(drop_str) struct str out = { 0 };
	struct slice rest = slice_of(place->path), step;
	bool found = false;

	for (bool first = true; slice_cut(&rest, '/', &step); first = false) {
		if (step.len == 0 && !first && rest.len > 0)
			continue;
		str_adds(&out, first ? "" : "/");
		add_step(&out, domain, place->account, step, &found);
	}
	return found ? pool_dup(pool, str_slice(&out)) : NULL;
}

const char *
inbox_pattern(struct pool *pool, const char *domain,
    const struct inbox_place *places, size_t count)
{
	SCOPED(drop_table) struct table votes = { 0 };
	const char *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < count; i++) {
		const char *pattern = pattern_of(pool, domain, &places[i]);
		if (pattern == NULL)
			continue;
		size_t **at = (size_t **)table_at(&votes, pattern);
		if (*at == NULL)
			*at = pool_alloc(pool, sizeof **at);
		if (++**at > most) {
			most = **at;
			best = pattern;
		}
	}
	return best;
}
