/* quota_op.c: how full inboxes are, the fullest first. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "columns.h"
#include "mem.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "subject_pattern.h"
#include "usage.h"

enum {
	KB = 1024,
	BAR = 20, BAR_LEAST = 10,
	BESIDE_BAR = 37,	/* sizes, share, mark, brackets, gaps */
};

struct row {
	const struct account	*account;
	struct usage		 usage;
};

struct listing {
	struct call		*call;
	const struct account	**accounts;
	size_t			 count, room;
};

static void
drop_listing(struct listing *l)
{
	free(l->accounts);
}

/* --- collecting ---------------------------------------------------------- */

/* What measuring needs of it, for longer than the visit lasts. */
static int
add_account(void *arg, const struct account *account, struct err *err)
{
	struct listing *l = arg;
	struct account *copy = pool_alloc(&l->call->pool, sizeof *copy);

	(void)err;
	*copy = (struct account){
		.domain = account->domain, .ident = account->ident,
		.name = pool_dup(&l->call->pool, slice_of(account->name)),
		.full_name = "", .home = "", .file = "",
	};
	mem_room(&l->accounts, &l->room, l->count, sizeof *l->accounts);
	l->accounts[l->count++] = copy;
	return 0;
}

/* A broken domain is told of, and does not hide the others. */
static int
add_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct listing *l = arg;
	struct domain *domain;

	if (!is_alias && (domain_open(&l->call->in, &l->call->pool,
	    slice_of(name), &domain, err) == -1 ||
	    account_each(domain, add_account, l, err) == -1))
		note("%s left out: %s", name, err->text);
	return 0;
}

static int
collect(struct listing *l, struct err *err)
{
	struct setting_words names;
	struct domain *domain;

	int patterns = subject_domains(l->call, "DOMAIN", &names, err);
	if (patterns == -1)
		return -1;
	if (names.count == 0)
		return domain_each(&l->call->in, &l->call->pool, add_domain, l,
		    err);
	for (size_t i = 0; patterns == 1 && i < names.count; i++)
		add_domain(l, names.word[i], false, err);
	for (size_t i = 0; patterns == 0 && i < names.count; i++)
		if (domain_open(&l->call->in, &l->call->pool,
		    slice_of(names.word[i]), &domain, err) == -1 ||
		    account_each(domain, add_account, l, err) == -1)
			return -1;
	return 0;
}

/* --- the order ----------------------------------------------------------- */

static bool
has_share(const struct row *row)
{
	return row->usage.known && !row->usage.limit.disabled &&
	    row->usage.limit.bytes != LIMIT_NONE;
}

static double
share_of(const struct row *row)
{
	return has_share(row) ? (double)row->usage.used /
	    (double)row->usage.limit.bytes : -1;
}

static int
compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double s = share_of(x), t = share_of(y);

	if (s < t || s > t)
		return s < t ? 1 : -1;
	if (x->usage.used != y->usage.used)
		return x->usage.used < y->usage.used ? 1 : -1;
	int order = strcmp(x->account->domain->name, y->account->domain->name);
	return order != 0 ? order : strcmp(x->account->name, y->account->name);
}

/* --- showing ------------------------------------------------------------- */

/* "512 kB", "1.5 MB" */
static void
add_size(struct sheet *sheet, uint64_t bytes, bool people)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	size_t unit = 0;
	double size = (double)bytes / KB;

	if (!people) {
		sheet_addf(sheet, "%" PRIu64, bytes / KB);
		return;
	}
	while (size >= 1000 && unit + 1 < sizeof units / sizeof *units) {
		size /= KB;
		unit++;
	}
	sheet_addf(sheet, unit == 0 || size >= 100 ? "%.0f %s" : "%.1f %s",
	    size, units[unit]);
}

static void
add_limit(struct sheet *sheet, const struct usage *usage, bool people)
{
	if (!usage->known)
		sheet_adds(sheet, "");
	else if (usage->limit.disabled)
		sheet_adds(sheet, "disabled");
	else if (usage->limit.bytes == LIMIT_NONE)
		sheet_adds(sheet, "none");
	else
		add_size(sheet, usage->limit.bytes, people);
}

/* "[=========        |  ]": the stroke is where a delivery warns. */
static void
add_bar(struct sheet *sheet, const struct row *row, int length)
{
	char bar[BAR + 3] = "";
	double filled = share_of(row) * length;

	for (int i = 0; i < length && has_share(row); i++)
		bar[i + 1] = i < filled ? '=' : i == length * 9 / 10 ? '|' :
		    ' ';
	if (has_share(row)) {
		bar[0] = '[';
		bar[length + 1] = ']';
	}
	sheet_adds(sheet, bar);
}

/* Long addresses leave less of it, in a terminal's width. */
static int
bar_length(const struct row *rows, size_t count)
{
	size_t longest = 0, width = columns_of_terminal();

	for (size_t i = 0; i < count; i++) {
		const struct account *account = rows[i].account;
		size_t its = columns_of_text(slice_of(account->name)) + 1 +
		    strlen(account->domain->name);
		if (its > longest)
			longest = its;
	}
	longest += BESIDE_BAR;
	return longest + BAR <= width ? BAR : longest + BAR_LEAST >= width ?
	    BAR_LEAST : (int)(width - longest);
}

static const char *
mark_of(const struct row *row)
{
	return !has_share(row) ? "" : usage_is_full(&row->usage) ? "full" :
	    usage_is_near(&row->usage) ? "90 %" : "";
}

static void
show(struct sheet *sheet, const struct row *row, int bar)
{
	bool people = bar > 0;


	sheet_addf(sheet, "%s@%s", row->account->name,
	    row->account->domain->name);
	if (row->usage.known)
		add_size(sheet, row->usage.used, people);
	else
		sheet_adds(sheet, "not known");
	add_limit(sheet, &row->usage, people);
	if (has_share(row))
		sheet_addf(sheet, "%" PRIu64 " %%",
		    (uint64_t)(share_of(row) * 100));
	else
		sheet_adds(sheet, "");
	if (people)
		add_bar(sheet, row, bar);
	sheet_adds(sheet, mark_of(row));
}

int
quota(struct call *call, struct err *err)
{
	static const char *const for_people[] = { "ACCOUNT", "USED", "LIMIT",
	    "SHARE", "", "MARK", NULL };
	static const char *const for_scripts[] = { "ACCOUNT", "KB", "LIMIT-KB",
	    "SHARE", "MARK", NULL };
	SCOPED(drop_listing) struct listing l = { .call = call };
	SCOPED(drop_mem) struct usage *usage = NULL;
	SCOPED(drop_mem) struct row *rows = NULL;
	bool people = output_is_for_people();
	SCOPED(drop_sheet) struct sheet sheet = { .heads = people ?
	    for_people : for_scripts };

	if (collect(&l, err) == -1)
		return -1;
	usage = mem_grow(NULL, l.count + 1, sizeof *usage);
	rows = mem_grow(NULL, l.count + 1, sizeof *rows);
	if (usage_measure(l.accounts, l.count, usage, err) == -1)
		return -1;
	for (size_t i = 0; i < l.count; i++)
		rows[i] = (struct row){ l.accounts[i], usage[i] };
	qsort(rows, l.count, sizeof *rows, compare);
	int bar = people ? bar_length(rows, l.count) : 0;
	for (size_t i = 0; i < l.count; i++)
		show(&sheet, &rows[i], bar);
	sheet_print(&sheet);
	return 0;
}
