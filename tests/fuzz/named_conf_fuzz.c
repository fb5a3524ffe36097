/* named_conf_fuzz.c: the configuration of a name server. */
#include "fuzz.h"

#include <string.h>

#include "named_conf.h"
#include "scope.h"

struct found {
	size_t	zones, wanted;
};

static int
take_zone(void *arg, struct slice name, struct err *err)
{
	struct found *found = arg;

	(void)err;
	promise(name.len > 0, "a zone has a name");
	promise(!slice_is(name, "in-addr.arpa") &&
	    !slice_ends(name, ".in-addr.arpa"), "a reverse zone is none");
	found->zones++;
	found->wanted += slice_is(name, "wanted.test");
	return 0;
}

static int
include(void *arg, struct named *named, const char *path, struct err *err)
{
	(void)arg;
	promise(path[0] != '\0', "a file has a name");
	/* itself, in a sense: circles end */
	return named_read(named, path, named->is_boot ?
	    SLICE("include again\n") : SLICE("include \"again\";"), err);
}

static int
read_text(struct slice text, struct found *found, bool *is_boot)
{
	const struct named_reader reader = { found, take_zone, include };
	SCOPED(drop_named) struct named named = { .reader = &reader };
	struct err err = { 0 };
	int got = named_read(&named, "named.conf", text, &err);

	promise((got == -1) == (err.kind != 0), "what is wrong is said");
	promise(got == 0 || err.kind == ERR_INVALID,
	    "what is wrong is the text's fault");
	promise(named.depth == 0, "each file that is begun ends");
	*is_boot = named.is_boot;
	return got;
}

void
fuzz(struct slice input)
{
	SCOPED(drop_str) struct str longer = { 0 };
	struct found first = { 0 }, second = { 0 };
	bool is_boot, still;

	if (read_text(input, &first, &is_boot) == -1)
		return;
	str_addslice(&longer, input);
	str_adds(&longer, is_boot ? "\nprimary wanted.test file\n" :
	    "\nzone \"wanted.test\" { type master; };\n");
	int got = read_text(str_slice(&longer), &second, &still);
	if (still != is_boot)		/* the first word came with it */
		return;
	promise(got == 0 && second.zones == first.zones + 1 &&
	    second.wanted == first.wanted + 1,
	    "a zone behind a whole text is found");
}
