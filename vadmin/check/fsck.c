/* fsck.c: the operation: what does not fit, and what is done about it. */
#include "fsck.h"

#include <sys/stat.h>

#include "ops.h"
#include "progress.h"
#include "scope.h"
#include "subject_pattern.h"
#include "user_count.h"

static void
one_domain(struct check *check, const char *name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;
	struct err err, why = { ERR_NONE };
	size_t told;

	if (check_is_begun(check, name, true)) {
		if (domain_open(&check->call->in, &pool, slice_of(name),
		    &domain, &err) == 0)
			kept_domain(&check->kept, domain);
		return;
	}
	fsck_modes(check, name);
	if (domain_open(&check->call->in, &pool, slice_of(name), &domain,
	    &why) == 0) {
		fsck_directories(check, domain);
		fsck_lines(check, domain);
	}
	told = check->found.count;
	check_domain(check, name);	/* says why it cannot be opened, too */
	bool opened = domain_open(&check->call->in, &pool, slice_of(name),
	    &domain, &err) == 0;
	/* what comes and goes was seen by one of the three alone */
	if (opened || why.kind == ERR_NONE || check->found.count == told)
		finding_unseen(&check->found, name, opened ? &why : &err);
	if (!opened)
		return;
	fsck_accounts(check, domain);
	fsck_orphans(check, domain);
}

static int
each(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct check *check = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *real;
	struct stat st;

	if (!is_alias)
		one_domain(check, name);
	/* what leads nowhere was told */
	else if (domain_real_name(&check->call->in, &pool, slice_of(name),
	    &real, err) == -1 && fstatat(check->call->in.dir,
	    pool_format(&pool, "domain.%s", name), &st, 0) == 0)
		finding(&check->found, name, "%s", err->text);
	return 0;
}

static int
named(struct check *check, const struct setting_words *names, struct err *err)
{
	const char *real;

	for (size_t i = 0; i < names->count; i++) {
		if (domain_real_name(&check->call->in, &check->call->pool,
		    slice_of(names->word[i]), &real, err) == -1)
			return -1;
		user_count_expect(&check->call->in, real);
		one_domain(check, real);
	}
	return 0;
}

/* Settings are check's business; here they are what resolving needs. */
static int
run(struct check *check, struct err *err)
{
	struct setting_words names;
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (subject_domains(check->call, "DOMAIN", &names, err) == -1 ||
	    installation_open(check->call->directory, PROGRAM_VDELIVER,
	    &check->vdeliver, err) == -1 ||
	    installation_open(check->call->directory, PROGRAM_VPOP3D,
	    &check->vpop3d, err) == -1)
		return -1;
	check_unfinished(check);
	if (names.count > 0)
		return named(check, &names, err);
	user_count_expect(&check->call->in, NULL);
	fsck_installation(check);
	check_state_places(check);
	check_address_file(check);
	if (domain_each(&check->call->in, &pool, each, check, err) == -1)
		return -1;
	orphans_in_spool(&check->found, &check->call->in, &check->kept);
	fsck_uids(check);
	fsck_spool(check);
	fsck_state(check);
	return 0;
}

int
fsck(struct call *call, struct err *err)
{
	static const char *const heads[] = { "WHERE", "WHAT", "DONE", NULL };
	struct check all = {
		.call = call, .vdeliver.dir = -1, .vpop3d.dir = -1,
		.found = { .sheet.heads = heads, .with_repairs = true,
		    .repair = call_has(call, "--repair") && !call->rehearsed },
	};
	int got = run(&all, err);

	progress_end();
	if (got == 0 && all.found.count > 0)
		sheet_print(&all.found.sheet);
	call->status = all.found.left > 0;
	drop_check(&all);
	return got;
}
