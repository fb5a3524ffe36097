/* index_alias.c: what the index of an alias file has: names and members. */
#include "index.h"

#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "alias_list.h"
#include "alias_scan.h"
#include "scope.h"
#include "trust.h"

/* An extension may begin with it, and a name may have it. */
enum { HYPHEN = '-' };

/* --- keys ------------------------------------------------------------------ */

/* What an account's name consists of (name_is_account()). */
static bool
is_of_name(char c)
{
	char lower = ascii_lower(c);

	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
	    (unsigned char)c >= 0x80 || c == '.' || c == '_' || c == '-';
}

/* "joe+x" and "joe" have one key, whatever separates extensions: no account is
 * called what is left out. */
static struct slice
key_of(struct slice local)
{
	size_t len = 0;

	while (len < local.len && is_of_name(local.p[len]))
		len++;
	return (struct slice){ local.p, len };
}

/* Where a hyphen separates them "joe-x" may mean joe. */
static struct slice
second_key_of(struct slice key)
{
	ptrdiff_t at = slice_find(key, HYPHEN);

	return (struct slice){ key.p, at > 0 ? (size_t)at : 0 };
}

/* Whether all members that may mean the account have its name as a key: what
 * stands before their first delimiter is one of their two. */
static bool
are_all_found(const char *delimiters, struct slice name)
{
	for (const char *c = delimiters; *c != '\0'; c++)
		if (is_of_name(*c) && *c != HYPHEN)
			return false;
	return name.len > 0 && key_of(name).len == name.len;
}

/* What others can write to, or lay there, has no index that counts. */
static bool
is_ours(const struct installation *in, const char *file, int fd)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;
	struct err unused;

	return fstat(fd, &st) == 0 && trust_file(&st, in->owner) &&
	    (strchr(file, '/') == NULL || trust_path(installation_path(in,
	    &pool, file), in->owner, &unused) == 0);
}

bool
index_ask_entries(const struct installation *in, const char *file, int fd,
    enum index_kind kind, struct slice name, struct textindex_places *places)
{
	struct index_question question = { kind, name, false, NULL };

	if (kind == INDEX_MEMBER &&
	    !are_all_found(in->conf.recipient_delimiter, name))
		return false;
	return is_ours(in, file, fd) &&
	    index_ask(in, file, fd, &question, places);
}

/* --- what stands in a file --------------------------------------------------- */

struct visiting {
	index_visitor	*visit;
	void		*arg;
	struct str	 local;		/* of the member that is looked at */
};

static void
drop_visiting(struct visiting *v)
{
	drop_str(&v->local);
}

static int
visit_name(const struct visiting *v, const struct alias_lines *entry,
    struct err *err)
{
	struct textindex_place place = { entry->offset, entry->line };

	return v->visit(v->arg, INDEX_ALIAS, entry->name, &place, err);
}

static int
visit_local(const struct visiting *v, const struct alias_lines *entry,
    struct slice local, struct err *err)
{
	struct textindex_place place = { entry->offset, entry->line };
	struct slice key = key_of(local), second = second_key_of(key);
	int got = key.len == 0 ? 0 :
	    v->visit(v->arg, INDEX_MEMBER, key, &place, err);

	return got != 0 || second.len == 0 ? got :
	    v->visit(v->arg, INDEX_MEMBER, second, &place, err);
}

static int
visit_member(struct visiting *v, const struct alias_lines *entry,
    const struct alias_member *member, struct err *err)
{
	struct slice domain;
	struct err unused;

	if ((member->kind != ALIAS_ADDRESS && member->kind != ALIAS_MAILBOX) ||
	    address_split(slice_of(member->text), &v->local, &domain,
	    &unused) == -1)
		return 0;
	return visit_local(v, entry, str_slice(&v->local), err);
}

static int
visit_members(struct visiting *v, const struct alias_lines *entry,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member *member;
	unsigned line = entry->line;
	struct err unused;
	size_t count;
	int got = 0;

	if (alias_list_parse(&pool, entry->list, false, ALIAS_TRUSTED, &line,
	    &member, &count, &unused) == -1)
		return 0;
	for (size_t i = 0; got == 0 && i < count; i++)
		got = visit_member(v, entry, &member[i], err);
	return got;
}

/* Addresses and what separates them. */
static bool
is_plain(struct slice list)
{
	for (size_t i = 0; i < list.len; i++)
		if (!is_of_name(list.p[i]) && (list.p[i] == '\0' ||
		    strchr("+=@, \t\n", list.p[i]) == NULL))
			return false;
	return true;
}

/* Most lists need no parser.  That one of them may be wrong does not matter: it
 * will be read where it stands. */
static int
visit_plain(const struct visiting *v, const struct alias_lines *entry,
    struct err *err)
{
	struct slice rest = entry->list, member;
	int got = 0;

	while (got == 0 && slice_cut(&rest, ',', &member)) {
		while (member.len > 0 && strchr(" \t\n", member.p[0]))
			member = slice_from(member, 1);
		got = visit_local(v, entry, member, err);
	}
	return got;
}

static int
visit_entry(void *arg, const struct alias_lines *entry, struct err *err)
{
	struct visiting *v = arg;
	int got = visit_name(v, entry, err);

	if (got != 0 || entry->wrong != NULL)
		return got;
	return is_plain(entry->list) ? visit_plain(v, entry, err) :
	    visit_members(v, entry, err);
}

int
alias_scan_index(int fd, unsigned lines_before, index_visitor *visit, void *arg,
    struct err *err)
{
	SCOPED(drop_visiting) struct visiting v = { visit, arg, { 0 } };

	return alias_scan_lines(fd, lines_before, visit_entry, &v, err);
}

static int
visit_name_alone(void *arg, const struct alias_lines *entry, struct err *err)
{
	return visit_name(arg, entry, err);
}

int
alias_scan_names(int fd, unsigned lines_before, index_visitor *visit, void *arg,
    struct err *err)
{
	struct visiting v = { visit, arg, { 0 } };

	return alias_scan_lines(fd, lines_before, visit_name_alone, &v, err);
}
