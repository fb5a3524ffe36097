/* answer_robot.c: whether an address is a program's, by its name. */
#include "answer_robot.h"

#include <string.h>

#include "answer_own.h"
#include "scope.h"
#include "str.h"

enum match { IS, BEGINS, ENDS, HOLDS };

struct robot {
	enum match	 how;
	const char	*text;
	bool		 vacation_only;
};

/* Local parts, in lower case. */
static const struct robot robots[] = {
	{ BEGINS, "mailer-daemon", false }, { IS, "mailer", false },
	{ IS, "postmaster", true }, { IS, "uucp", false },
	{ IS, "listserv", false }, { IS, "majordomo", false },
	{ IS, "mailman", false }, { IS, "sympa", false },
	{ BEGINS, "owner-", false }, { ENDS, "-owner", false },
	{ ENDS, "-request", false }, { ENDS, "-relay", false },
	{ ENDS, "-bounces", false }, { ENDS, "-bounce", false },
	{ ENDS, "-errors", false },
	/* ezmlm's and others' return addresses */
	{ HOLDS, "-return-", false }, { HOLDS, "-bounces-", false },
	{ IS, "bounce", false }, { IS, "bounces", false },
	{ BEGINS, "bounce-", false }, { BEGINS, "bounces-", false },
	{ BEGINS, "bounce_", false }, { BEGINS, "bounces_", false },
	{ BEGINS, "bounce.", false }, { BEGINS, "bounces.", false },
	{ BEGINS, "msprvs1=", false },
};

/* The same without '-', '_' and '.': "no-reply", "do_not.reply". */
static const char *const silent[] = { "noreply", "donotreply", "dontreply",
    "neverreply", "noresponse", "noresponder", "nepasrepondre",
    "nichtantworten", "keineantwort", };

static bool
matches(const struct robot *r, const char *local)
{
	struct slice s = slice_of(local);

	switch (r->how) {
	case IS:
		return slice_is(s, r->text);
	case BEGINS:
		return slice_starts(s, r->text);
	case ENDS:
		return slice_ends(s, r->text);
	case HOLDS:
		return strstr(local, r->text) != NULL;
	}
	return false;
}

static bool
is_silent(const char *local)
{
	SCOPED(drop_str) struct str bare = { 0 };

	for (const char *p = local; *p != '\0'; p++)
		if (strchr("-_.", *p) == NULL)
			str_addc(&bare, *p);
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strstr(str_text(&bare), silent[i]) != NULL)
			return true;
	return false;
}

/* "list-bounces+joe=a.test" is list-bounces, too. */
static bool
is_robots_name(const char *given, enum answer_kind kind)
{
	SCOPED(drop_str) struct str local = { 0 }, base = { 0 };

	str_addlower(&local, slice_of(given));
	str_add(&base, str_text(&local), strcspn(str_text(&local), "+"));
	for (size_t i = 0; i < sizeof robots / sizeof *robots; i++)
		if ((kind == ANSWER_VACATION || !robots[i].vacation_only) &&
		    (matches(&robots[i], str_text(&local)) ||
		    matches(&robots[i], str_text(&base))))
			return true;
	return is_silent(str_text(&local));
}

bool
answer_is_robot(const struct address *address, enum answer_kind kind)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address a = *address;

	do {
		if (is_robots_name(a.local, kind))
			return true;
	} while (answer_unwrap(&pool, &a));
	return false;
}
