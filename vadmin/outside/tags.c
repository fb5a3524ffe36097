/* tags.c: "name=value; name=value". */
#include "tags.h"

bool
tag_value(struct slice text, const char *name, struct slice *value)
{
	struct slice part, key;

	while (slice_cut(&text, ';', &part)) {
		struct slice rest = part;
		slice_cut(&rest, '=', &key);
		if (rest.p == NULL || !slice_is(slice_trim(key), name))
			continue;
		*value = slice_trim(rest);
		return true;
	}
	return false;
}

bool
tag_version(struct slice text, const char *version)
{
	struct slice first, value;

	return slice_cut(&text, ';', &first) &&
	    tag_value(first, "v", &value) && slice_is(value, version);
}
