/* language.c: the command LANG: all our replies are English. */
#include "language.h"

/* The first is the one that "*" means. */
static const struct {
	const char	*tag, *name;
} languages[] = {
	{ "en", "English" },
	{ "i-default", "English (RFC 2277)" },
};
enum { LANGUAGES = sizeof languages / sizeof *languages };

/* A range is looked up as RFC 4647 says (3.4): "en-GB-oxendict", "en-GB",
 * "en".  NULL: there is none. */
static const char *
look_up(struct slice range)
{
	ptrdiff_t hyphen;

	if (slice_is(range, "*"))
		return languages[0].tag;
	for (;;) {
		for (size_t i = 0; i < LANGUAGES; i++)
			if (slice_same(range, slice_of(languages[i].tag)))
				return languages[i].tag;
		hyphen = slice_find_last(range, '-');
		if (hyphen == -1)
			return NULL;
		range.len = (size_t)hyphen;
	}
}

static void
list(struct dialogue *client)
{
	dialogue_reply(client, "+OK the languages follow");
	for (size_t i = 0; i < LANGUAGES; i++)
		dialogue_reply(client, "%s %s", languages[i].tag,
		    languages[i].name);
	dialogue_reply(client, ".");
}

void
language_reply(struct dialogue *client, const struct slice *args, size_t count)
{
	if (count == 0) {
		list(client);
		return;
	}
	const char *tag = look_up(args[0]);
	if (tag != NULL)
		dialogue_reply(client, "+OK %s replies are English", tag);
	else
		dialogue_reply(client, "-ERR replies are English alone");
}
