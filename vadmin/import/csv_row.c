/* csv_row.c: an account as a line of a CSV names it. */
#include "csv_row.h"

#include <string.h>

#include "account_settings.h"
#include "alias_list.h"
#include "near.h"
#include "param.h"
#include "password.h"
#include "scope.h"

struct csv_column {
	const char	*name;
	/* value is not empty */
	int		(*read)(struct pool *, struct csv_row *,
			    const char *column, struct slice value,
			    struct err *);
};

static int
read_address(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	(void)pool;
	(void)column;
	if (param_check(&param_account, value, err) == -1)
		return -1;
	row->address = value;
	return 0;
}

/* As "user add NAME=VALUE" would read it. */
static int
read_setting(struct pool *pool, const char *name, struct slice value,
    const char **out, struct err *err)
{
	const char *given = pool_format(pool, "%s=%s", name,
	    pool_dup(pool, value));
	struct slice unused, trimmed;

	if (slice_has(value, '\0'))
		return err_set(err, ERR_INVALID, "a NUL byte is in it");
	if (param_check(&param_account_setting, slice_of(given), err) == -1)
		return -1;
	param_assignment(given, &unused, &trimmed);
	*out = pool_dup(pool, trimmed);
	return 0;
}

static int
read_name(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	return read_setting(pool, column, value, &row->newcomer.full_name,
	    err);
}

static int
read_quota(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	return read_setting(pool, column, value, &row->newcomer.quota, err);
}

static int
read_password(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	(void)pool;
	(void)column;
	(void)err;
	row->password = value;
	return 0;
}

static int
read_hash(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	struct slice behind = value;

	(void)column;
	while (slice_starts(behind, "!"))
		behind = slice_from(behind, 1);
	if (slice_has(value, '\0') || (behind.len > 0 &&
	    !slice_is(behind, "*") && !password_is_known(pool_dup(
	    pool, behind))))
		return err_set(err, ERR_INVALID,
		    "crypt(3) knows no such hash of a password");
	row->hash = value;
	return 0;
}

/* Of the profile, or the filter. */
static int
read_said(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	size_t i = 0;

	while (account_fields[i].column == NULL ||
	    strcmp(account_fields[i].column, column) != 0)
		i++;
	return read_setting(pool, account_fields[i].name, value,
	    &row->newcomer.said[i], err);
}

/* Who may write a command here is not for a CSV to say.  "off" is what "user
 * set" calls none. */
static int
read_forward(struct pool *pool, struct csv_row *row, const char *column,
    struct slice value, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct alias_member *members;
	size_t count;
	unsigned line = 1;

	(void)column;
	if (slice_is(value, "off"))
		return 0;
	if (slice_has(value, '\0'))
		return err_set(err, ERR_INVALID, "a NUL byte is in it");
	if (alias_list_parse(pool, value, true, ALIAS_ADDRESSES,
	    &line, &members, &count, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		alias_member_add(&text, &members[i]);
		str_addc(&text, '\n');
	}
	row->newcomer.forward = pool_dup(pool,
	    str_slice(&text));
	return 0;
}

static const struct csv_column columns[] = {
	{ "address", read_address }, { "name", read_name },
	{ "quota", read_quota }, { "forward", read_forward },
	{ "password", read_password }, { "hash", read_hash },
	{ "filter", read_said },
	{ "first-name", read_said }, { "last-name", read_said },
	{ "display-name", read_said }, { "from-address", read_said },
	{ "alternative-address", read_said }, { "title", read_said },
	{ "office", read_said }, { "phone", read_said },
	{ "mobile", read_said }, { "home-phone", read_said },
	{ "pager", read_said }, { "fax", read_said },
	{ 0 }
};

static const char *
column_name(const void *table, size_t index)
{
	return ((const struct csv_column *)table)[index].name;
}

static int
add_column(struct csv_columns *to, struct slice name, struct err *err)
{
	SCOPED(drop_str) struct str near = { 0 }, all = { 0 };

	for (const struct csv_column *c = columns; c->name != NULL; c++) {
		if (!slice_same(name, slice_of(c->name)))
			continue;
		if (csv_columns_have(to, c->name))
			return err_set(err, ERR_INVALID,
			    "the column '%s' is there twice", c->name);
		to->column[to->count++] = c;
		return 0;
	}
	near_matches(name, column_name, columns, &near);
	for (const struct csv_column *c = columns; c->name != NULL; c++)
		str_addf(&all, "%s%s", c == columns ? "" :
		    c[1].name == NULL ? " and " : ", ", c->name);
	return err_set(err, ERR_INVALID, "no column is called '%.*s'%s; there "
	    "are %s", (int)(name.len < 60 ? name.len : 60), name.p,
	    str_text(&near), str_text(&all));
}

bool
csv_columns_have(const struct csv_columns *columns_there, const char *name)
{
	for (size_t i = 0; i < columns_there->count; i++)
		if (strcmp(columns_there->column[i]->name, name) == 0)
			return true;
	return false;
}

/* Every other byte of a column's name is then NUL, behind a mark or without. */
static bool
is_utf16(const struct csv_record *head)
{
	return head->count > 0 && slice_has(head->field[0], '\0');
}

int
csv_columns_read(struct csv_columns *to, const struct csv_record *head,
    struct err *err)
{
	if (is_utf16(head))
		return err_set(err, ERR_INVALID, "it is UTF-16: save it as "
		    "UTF-8 (\"CSV UTF-8\")");
	if (head->wrong != NULL)
		return err_set(err, ERR_INVALID, "%s", head->wrong);
	for (size_t i = 0; i < head->count; i++)
		if (add_column(to, slice_trim(head->field[i]), err) == -1)
			return -1;
	if (!csv_columns_have(to, "address"))
		return err_set(err, ERR_INVALID, "the first line names the "
		    "columns, and 'address' is missing");
	return 0;
}

static int
read_fields(const struct csv_columns *names, const struct csv_record *record,
    struct pool *pool, struct csv_row *row, const char **what,
    struct err *err)
{
	for (size_t i = 0; i < record->count; i++) {
		struct slice value = csv_plain(record->field[i]);
		*what = names->column[i]->name;
		if (names->column[i]->read != read_password)
			value = slice_trim(value);
		if (value.len > 0 && names->column[i]->read(pool, row,
		    names->column[i]->name, value, err) == -1)
			return -1;
	}
	return 0;
}

int
csv_row_read(const struct csv_columns *names, const struct csv_record *record,
    struct pool *pool, struct csv_row *row, const char **what,
    struct err *err)
{
	*what = "line";
	if (record->wrong != NULL)
		return err_set(err, ERR_INVALID, "%s", record->wrong);
	if (record->count != names->count)
		return err_set(err, ERR_INVALID, "it has %zu fields, and the "
		    "first line %zu", record->count, names->count);
	if (read_fields(names, record, pool, row, what, err) == -1)
		return -1;
	*what = "line";
	if (row->address.len == 0)
		return err_set(err, ERR_INVALID, "there is no address");
	*what = pool_dup(pool, row->address);
	if (row->password.len > 0 && row->hash.len > 0)
		return err_set(err, ERR_INVALID,
		    "a password and a hash: one of them is enough");
	return 0;
}
