/* intake_said.c: the profiles of accounts that come from elsewhere. */
#include "intake_said.h"

#include "alias_intake.h"
#include "attribute_file.h"
#include "filter_file.h"
#include "gecos.h"
#include "profile_file.h"
#include "scope.h"
#include "table.h"

static bool
is_in_profile(const struct account_field *field)
{
	return field->place == KEPT_IN_PROFILE || field->place == KEPT_AS_ALIAS;
}

/* --- where it is kept ----------------------------------------------------- */

void
intake_said_gecos(const struct newcomer *newcomer, struct str *out)
{
	SCOPED(drop_str) struct str gecos = { 0 };

	if (newcomer->full_name != NULL)
		str_adds(&gecos, newcomer->full_name);
	else
		gecos_add_whole_name(&gecos,
		    account_value(newcomer->said, "first-name"),
		    account_value(newcomer->said, "last-name"));
	for (size_t i = 0; account_fields[i].name != NULL; i++)
		if (newcomer->said[i] != NULL &&
		    account_fields[i].place == KEPT_IN_GECOS)
			gecos_set(&gecos, (enum gecos_part)
			    account_fields[i].index,
			    slice_of(newcomer->said[i]));
	str_addslice(out, str_slice(&gecos));
}

static int
write_profile(const struct newcomer *newcomer, struct err *err)
{
	struct profile_change changes[ACCOUNT_FIELDS];
	size_t count = 0;

	for (size_t i = 0; account_fields[i].name != NULL; i++)
		if (newcomer->said[i] != NULL &&
		    is_in_profile(&account_fields[i]))
			changes[count++] = (struct profile_change){
				account_fields[i].name, newcomer->said[i] };
	return count == 0 ? 0 : profile_file_change(newcomer->domain,
	    newcomer->name, changes, count, true, err);
}

static const char *
filter_of(const struct newcomer *newcomer)
{
	return newcomer->said[account_field(SLICE("filter")) - account_fields];
}

static int
write_filter(const struct newcomer *newcomer, struct err *err)
{
	const char *said = filter_of(newcomer);

	return said == NULL ? 0 : filter_file_write(newcomer->domain,
	    newcomer->name, slice_of(said), err);
}

/* The aliases that attributes.D says something of. */
struct described {
	struct pool	pool;
	struct table	aliases;
};

static void
drop_described(struct described *described)
{
	drop_table(&described->aliases);
	drop_pool(&described->pool);
}

static void
note_alias(void *arg, const struct attribute_line *line, const char *file,
    unsigned number, const char *wrong)
{
	struct described *described = arg;

	(void)file;
	(void)number;
	(void)wrong;
	table_add_lower(&described->aliases, &described->pool,
	    slice_of(line->alias));
}

/* Nothing that was said of an earlier alias of the name stays. */
static int
add_alternative(const struct newcomer *newcomer,
    const struct described *described, struct alias_intake *aliases,
    struct pool *pool, struct err *err)
{
	const char *address = account_value(newcomer->said,
	    "alternative-address");
	ptrdiff_t at = slice_find_last(slice_of(address), '@');

	if (at == -1)
		return 0;
	struct new_alias *alias = pool_alloc(pool, sizeof *alias);
	struct alias_member *own = pool_alloc(pool, sizeof *own);
	*own = (struct alias_member){ .kind = ALIAS_ADDRESS,
	    .text = newcomer->name };
	*alias = (struct new_alias){ .file = newcomer->file,
	    .line = newcomer->line, .members = { own, 1 },
	    .name = pool_dup(pool, (struct slice){ address, (size_t)at }) };
	alias_intake_add(aliases, alias);
	return table_find(&described->aliases, pool_lower(pool,
	    slice_of(alias->name))) == NULL ? 0 :
	    attribute_file_forget(newcomer->domain, alias->name, NULL, err);
}

int
intake_said_write(const struct intake *intake, struct pool *pool,
    struct err *err)
{
	SCOPED(drop_alias_intake) struct alias_intake aliases = {
		.domain = intake->domain };
	SCOPED(drop_described) struct described described = { 0 };

	if (attribute_file_each(intake->domain, &described.pool, note_alias,
	    &described, err) == -1)
		return -1;
	for (size_t i = 0; i < intake->count; i++)
		if (intake->all[i]->verdict == INTAKE_NEW &&
		    (write_profile(intake->all[i], err) == -1 ||
		    write_filter(intake->all[i], err) == -1 ||
		    add_alternative(intake->all[i], &described, &aliases,
		    pool, err) == -1))
			return -1;
	return aliases.count == 0 ? 0 : alias_intake_write(&aliases, pool,
	    err);
}

/* --- compared ------------------------------------------------------------- */

static bool
has_filter(const struct newcomer *newcomer, const struct domain *domain,
    struct pool *pool)
{
	return filter_file_flag(slice_of(filter_of(newcomer))) ==
	    (filter_file_read(domain, newcomer->name, pool) != 0);
}

void
intake_said_compare(const struct newcomer *newcomer,
    const struct domain *domain, struct pool *pool, struct slice gecos,
    struct str *out)
{
	struct profile profile = { 0 };
	bool read = false, fine = true;
	struct err unused;

	for (size_t i = 0; account_fields[i].name != NULL; i++) {
		const struct account_field *field = &account_fields[i];
		struct slice there;
		if (newcomer->said[i] == NULL)
			continue;
		if (field->place == KEPT_AS_FILTER)
			there = has_filter(newcomer, domain, pool) ?
			    slice_of(newcomer->said[i]) : SLICE("");
		else if (!is_in_profile(field))
			there = gecos_part(gecos, (enum gecos_part)field->index);
		else {
			if (!read)
				fine = profile_file_read(domain, newcomer->name,
				    pool, &profile, &unused) == 0;
			read = true;
			there = slice_of(fine ? profile_value(&profile,
			    field->name) : "");
		}
		if (!slice_is(there, newcomer->said[i]))
			str_addf(out, "%s%s", out->len > 0 ? ", " : "",
			    field->column);
	}
}
