/* gecos.c: the fifth field of passwd.D. */
#include "gecos.h"

#include "scope.h"

/* *rest becomes what stands behind the known parts, with its comma. */
static void
split(struct slice gecos, struct slice parts[GECOS_PARTS], struct slice *rest)
{
	*rest = gecos;
	for (int i = 0; i < GECOS_PARTS; i++) {
		ptrdiff_t comma = slice_find(*rest, ',');
		size_t len = comma == -1 ? rest->len : (size_t)comma;
		parts[i] = (struct slice){ rest->p, len };
		/* the last one keeps the comma behind it */
		*rest = slice_from(*rest, len + (comma != -1 &&
		    i + 1 < GECOS_PARTS));
	}
}

struct slice
gecos_part(struct slice gecos, enum gecos_part part)
{
	struct slice parts[GECOS_PARTS], rest;

	split(gecos, parts, &rest);
	return slice_trim(parts[part]);
}

void
gecos_set(struct str *gecos, enum gecos_part part, struct slice value)
{
	SCOPED(drop_str) struct str changed = { 0 };
	struct slice parts[GECOS_PARTS], rest;
	int last = 0;

	split(str_slice(gecos), parts, &rest);
	parts[part] = value;
	for (int i = 0; i < GECOS_PARTS; i++)
		if (parts[i].len > 0 || rest.len > 0)
			last = i;
	for (int i = 0; i <= last; i++) {
		if (i > 0)
			str_addc(&changed, ',');
		str_addslice(&changed, parts[i]);
	}
	str_addslice(&changed, rest);
	str_cut(gecos, 0);
	str_addslice(gecos, str_slice(&changed));
}

void
gecos_add_whole_name(struct str *out, const char *first, const char *last)
{
	str_adds(out, first);
	if (first[0] != '\0' && last[0] != '\0')
		str_addc(out, ' ');
	str_adds(out, last);
}
