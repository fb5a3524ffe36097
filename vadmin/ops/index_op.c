/* index_op.c: indexes of large files made anew. */
#include "domain.h"
#include "files.h"
#include "index.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "subject_pattern.h"

struct making {
	struct call	*call;
	struct sheet	 sheet;
	bool		 named;		/* the domains were given */
};

/* What is too small for one is told only to who asked for it. */
static int
make_one(struct making *making, const char *file, struct err *err)
{
	static const char *const said[] = {
		[INDEX_NONE] = "not needed",
		[INDEX_MADE] = "made",
		[INDEX_UNTRUSTED] = "none: others can write to the file",
	};
	enum index_state state;

	if (index_make(&making->call->in, file, &state, err) == -1)
		return -1;
	if (state == INDEX_NONE && !making->named)
		return 0;
	sheet_adds(&making->sheet, file);
	sheet_adds(&making->sheet, said[state]);
	return 0;
}

static int
make_all(struct making *making, const struct domain *domain, struct err *err)
{
	static const char *const kinds[] = { "passwd", "shadow", "aliases" };
	const struct setting_words *extra = &domain->conf.extra_aliases;
	SCOPED(drop_pool) struct pool pool = { 0 };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *file = pool_format(&pool, "%s.%s", kinds[i],
		    domain->name);
		if (files_exists(domain->in->dir, file) &&
		    make_one(making, file, err) == -1)
			return -1;
	}
	for (size_t i = 0; i < extra->count; i++)
		if (make_one(making, extra->word[i], err) == -1)
			return -1;
	return 0;
}

/* A broken domain is told of, and does not hide the others. */
static int
make_of_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct making *making = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (is_alias)
		return 0;
	if (domain_open(&making->call->in, &pool, slice_of(name), &domain,
	    err) == -1 || make_all(making, domain, err) == -1)
		note("%s left out: %s", name, err->text);
	return 0;
}

static int
make_named(struct making *making, const struct setting_words *names,
    struct err *err)
{
	for (size_t i = 0; i < names->count; i++) {
		struct domain *domain;
		if (domain_open(&making->call->in, &making->call->pool,
		    slice_of(names->word[i]), &domain, err) == -1 ||
		    make_all(making, domain, err) == -1)
			return -1;
	}
	return 0;
}

int
index_all(struct call *call, struct err *err)
{
	static const char *const heads[] = { "FILE", "INDEX", NULL };
	struct setting_words names;
	struct making making = { .call = call, .sheet = { .heads = heads },
	    .named = call_has(call, "DOMAIN") };
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (subject_domains(call, "DOMAIN", &names, err) == -1)
		return -1;
	int result = making.named ? make_named(&making, &names, err) :
	    domain_each(&call->in, &pool, make_of_domain, &making, err);
	sheet_print(&making.sheet);
	drop_sheet(&making.sheet);
	return result;
}
