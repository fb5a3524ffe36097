/* alias_member.c: what a member of a list means, and how it is written. */
#include "alias_member.h"

#include <string.h>

#include "address.h"
#include "aliases.h"
#include "scope.h"
#include "tokens.h"

/* --- what it means ----------------------------------------------------- */

bool
alias_member_is_quoted(struct slice rest)
{
	size_t first = rest.len > 2 && rest.p[1] == '\\' ? 2 : 1;

	return rest.len > first && rest.p[0] == '"' &&
	    (rest.p[first] == '|' || rest.p[first] == '/' ||
	    rest.p[first] == ':' || (first == 2 && rest.p[2] == '\\'));
}

bool
alias_member_is_include(struct slice text)
{
	return text.len >= strlen(INCLUDE_MARK) && slice_same((struct slice){
	    text.p, strlen(INCLUDE_MARK) }, SLICE(INCLUDE_MARK));
}

static bool
has_control_bytes(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t')
			return true;
	return false;
}

static int
absolute(struct slice path, const char *what, struct err *err)
{
	if (!slice_starts(path, "/"))
		return err_set(err, ERR_INVALID,
		    "%s needs a path that begins with /", what);
	return 0;
}

/* Written without the comments that stood in it, it would be another thing:
 * (comment)"|command" is no command, and must never become one. */
static bool
is_ambiguous(struct slice text)
{
	if (slice_starts(text, "\""))
		return alias_member_is_quoted(text);
	return slice_has(text, ';') || memmem(text.p, text.len, "#@#", 3) ||
	    (slice_starts(text, "<") && !slice_ends(text, ">"));
}

static int
classify_address(struct slice text, enum alias_kind *kind, struct slice *part,
    struct err *err)
{
	SCOPED(drop_str) struct str local = { 0 };
	struct slice domain;

	*kind = slice_starts(text, "\\") ? ALIAS_MAILBOX : ALIAS_ADDRESS;
	if (*kind == ALIAS_MAILBOX)
		*part = slice_from(text, 1);
	else if (slice_ends(text, "\\"))
		return err_set(err, ERR_INVALID, "a backslash ends an address: "
		    "only at the line's end does it join lines");
	if (!slice_starts(*part, "\"") && !slice_starts(*part, "<@") &&
	    slice_has(*part, ':'))
		return err_set(err, ERR_INVALID,
		    "':' in an address: is a line not indented, or a group?");
	return address_split(*part, &local, &domain, err);
}

int
alias_member_classify(struct pool *pool, struct slice text,
    enum alias_kind *kind, struct slice *part, struct err *err)
{
	*part = text;
	if (text.len == 0)
		return err_set(err, ERR_INVALID, "an empty member");
	if (has_control_bytes(text))
		return err_set(err, ERR_INVALID,
		    "a control byte is in a member");
	if (slice_starts(text, "|")) {
		*kind = ALIAS_COMMAND;
		*part = slice_trim(slice_from(text, 1));
		/* Found here, before half of the list is served. */
		return tokens_check(pool_dup(pool, *part), err);
	}
	if (slice_starts(text, "/")) {
		*kind = ALIAS_FILE;
		return slice_ends(text, "/") ? err_set(err, ERR_INVALID,
		    "'%.*s' is a directory", (int)text.len, text.p) : 0;
	}
	if (alias_member_is_include(text)) {
		*kind = ALIAS_INCLUDE;
		*part = slice_trim(slice_from(text, strlen(INCLUDE_MARK)));
		return absolute(*part, INCLUDE_MARK, err);
	}
	if (slice_starts(text, ":") || is_ambiguous(text))
		return err_set(err, ERR_INVALID, "'%.*s' is no kind of member",
		    (int)text.len, text.p);
	return classify_address(text, kind, part, err);
}

/* No default here and below: a new kind of member has to be thought of. */
const char *
alias_needs_trust(enum alias_kind kind)
{
	switch (kind) {
	case ALIAS_ADDRESS:
	case ALIAS_MAILBOX:
		break;
	case ALIAS_COMMAND:
		return "a command";
	case ALIAS_FILE:
		return "a file";
	case ALIAS_INCLUDE:
		return "an include";
	}
	return NULL;
}

/* --- how it is written -------------------------------------------------- */

static bool
needs_quotes(const char *text)
{
	return strpbrk(text, " \t,\"()<>\\#") != NULL;
}

static const char *
prefix_of(enum alias_kind kind)
{
	switch (kind) {
	case ALIAS_ADDRESS:
	case ALIAS_FILE:
		break;
	case ALIAS_MAILBOX:
		return "\\";
	case ALIAS_COMMAND:
		return "|";
	case ALIAS_INCLUDE:
		return INCLUDE_MARK;
	}
	return "";
}

static void
add_quoted(struct str *out, const char *prefix, const char *text)
{
	str_addf(out, "\"%s", prefix);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			str_addc(out, '\\');
		str_addc(out, *p);
	}
	str_addc(out, '"');
}

void
alias_member_add(struct str *out, const struct alias_member *m)
{
	/* An address brings its own quotes where it needs some. */
	if (m->kind == ALIAS_ADDRESS || !needs_quotes(m->text)) {
		str_addf(out, "%s%s", prefix_of(m->kind), m->text);
		return;
	}
	add_quoted(out, m->kind == ALIAS_MAILBOX ? "\\\\" :
	    prefix_of(m->kind), m->text);
}

void
alias_name_add(struct str *out, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+=-";

	if (name[strspn(name, plain)] == '\0') {
		str_adds(out, name);
		return;
	}
	add_quoted(out, "", name);
}
