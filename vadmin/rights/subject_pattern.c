/* subject_pattern.c: the domains and names that a pattern on a command line
 * means. */
#include "subject_pattern.h"

#include <string.h>

#include "domain.h"
#include "pattern.h"
#include "scope.h"

struct finding_domains {
	struct call		*call;
	const char		*pattern;
	struct setting_words	*found;
	size_t			 room;
};

static void
add(struct finding_domains *f, const char *name)
{
	struct setting_words *all = f->found;

	if (all->count == f->room) {
		size_t room = f->room * 2 + 16;
		const char **more = pool_alloc(&f->call->pool,
		    room * sizeof *more);
		if (all->count > 0)
			memcpy(more, all->word, all->count * sizeof *more);
		all->word = more;
		f->room = room;
	}
	all->word[all->count++] = name;
}

static int
look_at(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct finding_domains *f = arg;

	(void)err;
	if (!is_alias && pattern_finds(f->pattern, slice_of(name)))
		add(f, pool_dup(&f->call->pool, slice_of(name)));
	return 0;
}

static int
find(struct finding_domains *f, const char *word, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	size_t before = f->found->count;

	if (!pattern_is_one(word)) {
		add(f, word);
		return 0;
	}
	f->pattern = word;
	if (domain_each(&f->call->in, &names, look_at, f, err) == -1)
		return -1;
	return f->found->count > before ? 0 : err_set(err, ERR_ABSENT,
	    "no domain is like '%.100s'", word);
}

int
subject_domains(struct call *call, const char *param,
    struct setting_words *out, struct err *err)
{
	const struct setting_words *given = call_list(call, param);
	struct finding_domains f = { .call = call, .found = out };

	*out = (struct setting_words){ 0 };
	for (size_t i = 0; i < given->count; i++)
		if (find(&f, given->word[i], err) == -1)
			return -1;
	return f.pattern != NULL;
}

int
subject_names(struct call *call, const char *param, struct subject_names *out,
    struct err *err)
{
	struct finding_domains f = { .call = call, .found = &out->domains };
	const char *given = call_text(call, param), *at = strrchr(given, '@');

	*out = (struct subject_names){ 0 };
	if (at != NULL)
		out->pattern = pool_format(&call->pool, "%.*s@*",
		    (int)(at - given), given);
	else if (pattern_is_one(given))
		out->pattern = "*@*";
	return find(&f, at != NULL ? at + 1 : given, err);
}
