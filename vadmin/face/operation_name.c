/* operation_name.c: the words of a command line that name an operation. */
#include "operation_name.h"

#include <string.h>

#include "near.h"
#include "scope.h"

const struct operation *
operation_named(const char *first, const char *second)
{
	SCOPED(drop_str) struct str name = { 0 };

	str_adds(&name, first);
	if (second != NULL)
		str_addf(&name, " %s", second);
	for (const struct operation *op = operations; op->name != NULL; op++)
		if (strcmp(op->name, str_text(&name)) == 0)
			return op;
	return NULL;
}

static const char *
name_of(const void *table, size_t index)
{
	return ((const struct operation *)table)[index].name;
}

size_t
operation_group(const char *first, struct str *out)
{
	SCOPED(drop_str) struct str group = { 0 };
	const char *last = NULL;
	size_t count = 0;

	str_addf(&group, "%s ", first);
	for (const struct operation *op = operations; op->name != NULL; op++) {
		if (!slice_starts(slice_of(op->name), str_text(&group)))
			continue;
		if (last != NULL)
			str_addf(out, "%s%s", count++ > 0 ? ", " : "", last);
		last = op->name + group.len;
	}
	if (last != NULL)
		str_addf(out, "%s%s", count++ > 0 ? " or " : "", last);
	return count;
}

int
operation_refuse(const char *first, const char *second, struct err *err)
{
	SCOPED(drop_str) struct str both = { 0 }, near = { 0 }, group = { 0 };

	bool is_group = operation_group(first, &group) > 0;
	if (is_group && second == NULL)
		return err_set(err, ERR_INVALID, "'%s' goes on with %s", first,
		    str_text(&group));
	str_adds(&both, first);
	if (second != NULL)
		str_addf(&both, " %s", second);
	near_matches(str_slice(&both), name_of, operations, &near);
	if (near.len > 0)
		return err_set(err, ERR_INVALID,
		    "there is no operation '%.100s'%s", str_text(&both),
		    str_text(&near));
	if (is_group)
		return err_set(err, ERR_INVALID, "there is no operation "
		    "'%.100s': '%s' goes on with %s", str_text(&both), first,
		    str_text(&group));
	near_matches(slice_of(first), name_of, operations, &near);
	return err_set(err, ERR_INVALID, "there is no operation '%.100s'%s%s",
	    first, str_text(&near), near.len == 0 ? ": see 'vadmin help'" : "");
}
