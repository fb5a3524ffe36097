/* grants.c: who may open another account's inbox. */
#include "grants.h"

#include "fd.h"
#include "lines.h"
#include "name.h"
#include "pool.h"
#include "scope.h"

static const char *const names[] = {
	[GRANT_NONE] = "none", [GRANT_RETRIEVE] = "retrieve",
	[GRANT_ALL] = "all",
};

const char *
grant_name(enum grant grant)
{
	return names[grant];
}

bool
grant_named(struct slice word, enum grant *out)
{
	for (enum grant g = GRANT_NONE; g <= GRANT_ALL; g++)
		if (slice_is(word, names[g])) {
			*out = g;
			return true;
		}
	return false;
}

static int
refuse(const char **wrong, const char *why)
{
	*wrong = why;
	return -1;
}

/* The next word of those that blanks and tabs separate; empty: there is none. */
static struct slice
next_word(struct slice *rest)
{
	struct slice word = *rest = slice_trim(*rest);

	word.len = 0;
	while (word.len < rest->len && rest->p[word.len] != ' ' &&
	    rest->p[word.len] != '\t')
		word.len++;
	*rest = slice_from(*rest, word.len);
	return word;
}

int
grants_parse(struct slice line, struct grant_line *out, const char **wrong)
{
	struct slice rest = slice_trim(line), owner = { 0 };
	struct grant_line got;

	if (rest.len == 0 || slice_starts(line, "#"))
		return 0;
	slice_cut(&rest, ':', &owner);
	if (rest.p == NULL)
		return refuse(wrong, "a colon is missing");
	got.owner = slice_trim(owner);
	got.who = next_word(&rest);
	struct slice right = next_word(&rest);
	if (!name_is_account(got.owner) || !name_is_account(got.who) ||
	    slice_trim(rest).len > 0)
		return refuse(wrong, "not an account, a colon, another account "
		    "and a right");
	if (!grant_named(right, &got.grant))
		return refuse(wrong, "the right is not retrieve, all or none");
	got.text = line;
	*out = got;
	return 1;
}

struct reader {
	int		 fd;
	const char	*path;
	struct lines	 lines;
};

static void
drop_reader(struct reader *r)
{
	drop_lines(&r->lines);
	drop_fd(&r->fd);
}

/* 1: open.  0: there is none that counts. */
static int
open_file(const struct domain *domain, struct pool *pool, struct reader *r,
    struct err *err)
{
	const char *name = pool_format(pool, "grants.%s", domain->name);

	r->path = installation_path(domain->in, pool, name);
	if (installation_file(domain->in, name, &r->fd, err) == 0) {
		r->lines.fd = r->fd;
		return 1;
	}
	if (err->kind != ERR_REFUSED)
		return err->kind == ERR_ABSENT ? 0 : -1;
	installation_warn(domain->in, "%s: does not count", err->text);
	return 0;
}

int
grants_find(const struct domain *domain, struct slice owner, struct slice who,
    enum grant *out, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_reader) struct reader r = { .fd = -1 };
	struct grant_line line;
	struct slice text;
	const char *wrong;
	int got = open_file(domain, &pool, &r, err);

	*out = GRANT_NONE;
	if (got != 1)
		return got;
	while ((got = lines_next(&r.lines, &text, err)) == 1) {
		int parsed = r.lines.too_long ? refuse(&wrong, "too long") :
		    grants_parse(text, &line, &wrong);
		if (parsed == -1)
			installation_warn(domain->in, "%s:%u: skipped: %s",
			    r.path, r.lines.number, wrong);
		if (parsed != 1 || !slice_same(line.owner, owner) ||
		    !slice_same(line.who, who))
			continue;
		*out = line.grant;
		return 0;
	}
	return got == -1 ? err_within(err, "%s", r.path) : 0;
}
