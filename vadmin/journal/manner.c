/* manner.c: how each kind of file is kept account of, by its name. */
#include "manner.h"

#include <string.h>

#define HIDDEN	"(hash)"

/* The first that fits. */
static const struct manner manners[] = {
	{ .before = "passwd.", .separator = ':', .secret = 2 },
	{ .before = ".passwd.", .separator = ':', .secret = 2 },
	{ .before = "shadow.", .separator = ':', .secret = 2 },
	{ .before = "admins", .separator = ':', .secret = 2 },
	{ .before = "aliases.", .separator = ':' },
	{ .before = "attributes.", .separator = '=' },
	{ .before = "domain.", .separator = '=' },
	{ .before = "vmail.conf", .separator = '=' },
	/* A user id that was given is never given again. */
	{ .before = "uids", .stays = true },
	{ .behind = ".vacation.db", .lives = true },
	{ .separator = '\0' },
};

/* What is begun is written and taken away by whoever does it. */
static const struct manner unfinished = { .stays = true };

/* What a deleted account's lines said: "shadow:LINE". */
static const struct manner in_trash = { .secret = 3 };

const struct manner *
manner_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct slice name = slice_of(slash != NULL ? slash + 1 : path);
	const struct manner *m = manners;

	if (strstr(path, "/.unfinished/") != NULL)
		return &unfinished;
	if (strstr(path, "/.trash/") != NULL)
		return &in_trash;
	while ((m->before != NULL && !slice_starts(name, m->before)) ||
	    (m->behind != NULL && !slice_ends(name, m->behind)))
		m++;
	return m;
}

/* "x" and "*" are none; a lock is told. */
static void
add_hash(struct slice field, struct str *out)
{
	while (slice_starts(field, "!")) {
		str_addc(out, '!');
		field = slice_from(field, 1);
	}
	if (field.len <= 1)
		str_addslice(out, field);
	else
		str_adds(out, HIDDEN);
}

/* "$y$...", wherever it stands: up to the field's end. */
static void
add_field(struct slice field, struct str *out)
{
	ptrdiff_t at = slice_find(field, '$');

	if (at == -1 || slice_find(slice_from(field, (size_t)at + 1),
	    '$') < 1) {
		str_addslice(out, field);
		return;
	}
	str_add(out, field.p, (size_t)at);
	str_adds(out, HIDDEN);
}

void
manner_show(const struct manner *manner, struct slice line, struct str *out)
{
	struct slice field;

	for (unsigned n = 1; slice_cut(&line, ':', &field); n++) {
		str_adds(out, n > 1 ? ":" : "");
		if (n == manner->secret)
			add_hash(field, out);
		else
			add_field(field, out);
	}
}
