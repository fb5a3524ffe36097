/* import_postfix.c: virtual mailboxes and aliases of Postfix made ours. */
#include <stdio.h>
#include <string.h>

#include "hash_file.h"
#include "ops.h"
#include "param.h"
#include "postfix_map.h"
#include "scope.h"
#include "settle.h"

struct import {
	struct call		*call;
	struct pool		*pool;
	struct report		report;
	struct postfix_conf	conf;
	struct postfix_map	domains, mailboxes, uids, gids;
	struct postfix_map	alias_domains, aliases;
	struct hash_file	hashes;
	struct table		by_domain;	/* struct settlement */
	struct settlement	**all;
	size_t			count;
};

static void
drop_import(struct import *import)
{
	drop_report(&import->report);
	drop_postfix_conf(&import->conf);
	drop_postfix_map(&import->domains);
	drop_postfix_map(&import->mailboxes);
	drop_postfix_map(&import->uids);
	drop_postfix_map(&import->gids);
	drop_postfix_map(&import->alias_domains);
	drop_postfix_map(&import->aliases);
	drop_hash_file(&import->hashes);
	drop_table(&import->by_domain);
	for (size_t i = 0; i < import->count; i++)
		drop_settlement(import->all[i]);
}

static const char *
where_is(struct import *import, const struct map_entry *entry)
{
	return entry->line == 0 ? entry->file : pool_format(import->pool,
	    "%s:%u", entry->file, entry->line);
}

#define left(import, entry, what, ...) \
	report_left(&(import)->report, where_is(import, entry), what, \
	    __VA_ARGS__)

/* --- what main.cf says -------------------------------------------------- */

static int
read_conf(struct import *import, struct err *err)
{
	const struct setting_words *given = call_list(import->call,
	    "NAME=VALUE");

	if (postfix_conf_read(&import->conf, import->pool, call_text(
	    import->call, "MAIN.CF"), err) == -1)
		return -1;
	for (size_t i = 0; i < given->count; i++) {
		struct slice name, value;
		param_assignment(given->word[i], &name, &value);
		postfix_conf_set(&import->conf, pool_dup(import->pool, name),
		    value, given->word[i]);
	}
	return 0;
}

static int
read_maps(struct import *import, struct err *err)
{
	size_t unread = 0;

	const struct {
		struct postfix_map	*map;
		const char		*name;
		bool			 names;
	} maps[] = {
		{ &import->domains, "virtual_mailbox_domains", true },
		{ &import->mailboxes, "virtual_mailbox_maps", false },
		{ &import->uids, "virtual_uid_maps", false },
		{ &import->gids, "virtual_gid_maps", false },
		{ &import->alias_domains, "virtual_alias_domains", true },
		{ &import->aliases, "virtual_alias_maps", false },
	};

	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
		postfix_map_read(maps[i].map, &import->conf, maps[i].name,
		    maps[i].names, &import->report);
		unread += maps[i].map->unread;
	}
	if (unread == 0)
		return 0;
	sheet_print(&import->report.sheet);
	fflush(stdout);		/* before what sums it up */
	return err_set(err, ERR_INVALID, "%s: %zu table%s cannot be read: "
	    "nothing was changed; NAME=VALUE says what counts instead",
	    import->conf.file, unread, unread == 1 ? "" : "s");
}

/* A file with %d in its name is one for each domain. */
static int
read_hashes(struct import *import, struct err *err)
{
	const char *path = call_text(import->call, "--passwords");
	const char *token = path != NULL ? strstr(path, "%d") : NULL;

	if (path == NULL)
		return 0;
	if (token == NULL)
		return hash_file_read(&import->hashes, import->pool, path,
		    NULL, &import->report, err);
	for (size_t i = 0; i < import->count; i++) {
		const char *domain = import->all[i]->domain;
		const char *one = pool_format(import->pool, "%.*s%s%s",
		    (int)(token - path), path, domain, token + 2);
		if (hash_file_read(&import->hashes, import->pool, one, domain,
		    &import->report, err) == -1 && err->kind != ERR_ABSENT)
			return -1;
	}
	return 0;
}

/* --- domains ------------------------------------------------------------ */

static struct settlement *
settlement_of(const struct import *import, const char *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return table_find(&import->by_domain, pool_lower(&pool,
	    slice_of(domain)));
}

/* In a table of mailboxes or aliases names without @ are domains. */
static void
add_domains(struct import *import, const struct postfix_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct map_entry *entry = map->all[i];
		if (strchr(entry->key, '@') != NULL ||
		    strchr(entry->key, '.') == NULL ||
		    settlement_of(import, entry->key) != NULL)
			continue;
		struct settlement *new = pool_alloc(import->pool,
		    sizeof *new);
		new->domain = pool_lower(import->pool, slice_of(entry->key));
		new->where = where_is(import, entry);
		*table_at(&import->by_domain, new->domain) = new;
		import->all[import->count++] = new;
	}
}

/* "user@domain" of an entry; NULL: told, and not ours. */
static struct settlement *
place(struct import *import, const struct map_entry *entry,
    const char **local)
{
	const char *at = strrchr(entry->key, '@');

	if (at == NULL)
		return NULL;
	*local = pool_lower(import->pool, (struct slice){ entry->key,
	    (size_t)(at - entry->key) });
	struct settlement *to = settlement_of(import, at + 1);
	if (to == NULL)
		left(import, entry, entry->key, "%s is neither in "
		    "virtual_mailbox_domains nor in virtual_alias_domains",
		    at + 1);
	return to;
}

/* --- mailboxes ---------------------------------------------------------- */

static bool
read_id(const struct postfix_map *map, const char *address, unsigned *out)
{
	const char *text = postfix_map_of(map, address);
	uint64_t id;

	if (text == NULL || slice_number(slice_of(text), UINT32_MAX,
	    &id) == -1)
		return false;
	*out = (unsigned)id;
	return true;
}

/* Below the base, or as inbox= says where the values are no paths. */
static const char *
path_of(struct import *import, const struct map_entry *entry,
    const char *local, const char *domain)
{
	const char *base = postfix_conf_text(&import->conf,
	    "virtual_mailbox_base"), *inbox = postfix_conf_text(&import->conf,
	    "inbox");
	SCOPED(drop_str) struct str path = { 0 };

	if (inbox == NULL)
		return pool_format(import->pool, "%s/%s", base != NULL ?
		    base : "", entry->value[0] == '/' ? entry->value + 1 :
		    entry->value);
	for (const char *p = inbox; *p != '\0'; p++) {
		const char *in = strncmp(p, "%u", 2) == 0 ? local :
		    strncmp(p, "%d", 2) == 0 ? domain : NULL;
		if (in != NULL) {
			str_adds(&path, in);
			p++;
		} else
			str_addc(&path, *p);
	}
	return pool_dup(import->pool, str_slice(&path));
}

static void
add_mailbox(struct import *import, const struct map_entry *entry)
{
	struct settler *new = pool_alloc(import->pool, sizeof *new);
	const char *local = NULL;
	struct settlement *to = place(import, entry, &local);
	unsigned uid, gid;

	if (to == NULL || local[0] == '\0')
		return;
	new->newcomer = (struct newcomer){ .file = entry->file,
	    .line = entry->line, .name = local };
	new->path = path_of(import, entry, local, to->domain);
	if (!read_id(&import->uids, entry->key, &uid) ||
	    !read_id(&import->gids, entry->key, &gid)) {
		new->newcomer.verdict = INTAKE_WRONG;
		new->newcomer.why = "virtual_uid_maps or virtual_gid_maps "
		    "has no number for it";
	} else {
		new->has_owner = true;
		new->newcomer.ident = (struct ident){ uid, gid };
	}
	settle_account(to, new);
}

/* "@domain inbox": whoever else has that inbox gets the rest. */
static void
add_catching_mailbox(struct import *import, const struct map_entry *entry)
{
	const char *local = NULL, *path;
	struct settlement *to;

	if (entry->key[0] != '@' || (to = place(import, entry,
	    &local)) == NULL)
		return;
	path = path_of(import, entry, "", to->domain);
	for (size_t i = 0; i < to->count; i++)
		if (strcmp(to->all[i]->path, path) == 0) {
			to->fallback = to->all[i]->newcomer.name;
			to->fallback_where = where_is(import, entry);
			return;
		}
	left(import, entry, entry->key, "no account has this inbox: make one "
	    "that has ('vadmin user add'), and 'vadmin domain set %s "
	    "fallback=NAME'", to->domain);
}

static void
add_password(struct import *import, struct settlement *to, struct newcomer *one)
{
	const struct known_hash *known = hash_file_find(&import->hashes,
	    pool_format(import->pool, "%s@%s", one->name, to->domain));

	if (known == NULL)
		return;
	one->hash = known->hash;
	one->quota = known->quota;
}

/* --- aliases ------------------------------------------------------------ */

/* Postfix adds $myorigin to a name without domain. */
static bool
members_of(struct import *import, const struct map_entry *entry,
    struct str *out, size_t *count)
{
	const char *origin = postfix_conf_text(&import->conf, "myorigin");
	struct slice rest = slice_of(entry->value), word;

	if (origin == NULL || strchr(origin, '.') == NULL || origin[0] == '/')
		origin = import->call->in.main_domain;
	*count = 0;
	while (slice_word(&rest, &word)) {
		if (strchr("|/:\"\\", word.p[0]) != NULL) {
			left(import, entry, entry->key, "'%.*s' is no address",
			    (int)word.len, word.p);
			return false;
		}
		str_addf(out, "%s%.*s", (*count)++ > 0 ? ", " : "",
		    (int)word.len, word.p);
		if (!slice_has(word, '@'))
			str_addf(out, "@%s", origin);
	}
	return true;
}

static void
add_alias(struct import *import, struct settlement *to,
    const struct map_entry *entry, const char *name, struct slice members)
{
	struct err err;

	if (settle_alias(to, import->pool, entry->file, entry->line, name,
	    members, &err) == -1)
		left(import, entry, entry->key, "%s", err.text);
}

/* In its own domain a fallback is a name. */
static void
add_fallback(struct import *import, struct settlement *to,
    const struct map_entry *entry, struct slice members, size_t count)
{
	const char *own = pool_format(import->pool, "@%s", to->domain);

	if (to->fallback != NULL) {
		left(import, entry, entry->key, "%s has a fallback already",
		    to->domain);
		return;
	}
	to->fallback_where = where_is(import, entry);
	if (count > 1) {
		add_alias(import, to, entry, "catch-all", members);
		to->fallback = "catch-all";
	} else if (members.len > strlen(own) && slice_same(slice_from(members,
	    members.len - strlen(own)), slice_of(own)))
		to->fallback = pool_dup(import->pool, (struct slice){
		    members.p, members.len - strlen(own) });
	else
		to->fallback = pool_dup(import->pool, members);
	if (to->count > 0)
		note("%s: Postfix sent mail for accounts of %s there, too, "
		    "unless they had lines of their own; here accounts keep "
		    "theirs", to->fallback_where, to->domain);
}

static void
read_alias(struct import *import, const struct map_entry *entry)
{
	SCOPED(drop_str) struct str members = { 0 };
	const char *local = NULL;
	size_t count;

	if (strchr(entry->key, '@') == NULL) {
		if (strchr(entry->key, '.') == NULL)
			left(import, entry, entry->key, "without a domain it "
			    "is the machine's own: say it in /etc/aliases");
		return;
	}
	struct settlement *to = place(import, entry, &local);
	if (to == NULL || !members_of(import, entry, &members, &count))
		return;
	if (local[0] == '\0')
		add_fallback(import, to, entry, str_slice(&members), count);
	else if (slice_same(str_slice(&members), slice_of(entry->key)))
		report_taken(&import->report, where_is(import, entry),
		    entry->key, "it leads to itself, as without an alias");
	else
		add_alias(import, to, entry, local, str_slice(&members));
}

/* Mail that a fallback caught meets no other; Postfix's did. */
static void
tell_of_chains(const struct import *import)
{
	for (size_t i = 0; i < import->count; i++) {
		const struct settlement *one = import->all[i], *next;
		if (one->fallback == NULL || one->fallback[0] != '@' ||
		    (next = settlement_of(import, one->fallback + 1)) == NULL ||
		    next->fallback == NULL)
			continue;
		note("%s: what %s does not have is refused for %s, although "
		    "it has a fallback: if %s is but another name of it, "
		    "'vadmin domain alias' says so", one->fallback_where,
		    next->domain, one->domain, one->domain);
	}
}

/* --- all of it ---------------------------------------------------------- */

static void
gather(struct import *import)
{
	import->all = pool_alloc(import->pool, (import->domains.count +
	    import->alias_domains.count + 1) * sizeof *import->all);
	add_domains(import, &import->domains);
	add_domains(import, &import->alias_domains);
	for (size_t i = 0; i < import->mailboxes.count; i++)
		add_mailbox(import, import->mailboxes.all[i]);
	for (size_t i = 0; i < import->mailboxes.count; i++)
		add_catching_mailbox(import, import->mailboxes.all[i]);
	for (size_t i = 0; i < import->aliases.count; i++)
		read_alias(import, import->aliases.all[i]);
}

static void
add_passwords(struct import *import)
{
	for (size_t i = 0; i < import->count; i++)
		for (size_t k = 0; k < import->all[i]->count; k++)
			add_password(import, import->all[i],
			    &import->all[i]->all[k]->newcomer);
}

/* One domain that cannot be made does not keep the others out. */
static int
settle_all(struct import *import, struct err *err)
{
	for (size_t i = 0; i < import->count; i++) {
		struct settlement *one = import->all[i];
		if (settle(import->call, one, &import->report, err) == 0)
			continue;
		if (err->kind == ERR_TEMPORARY || err->kind == ERR_BUSY)
			return -1;
		report_left(&import->report, one->where, one->domain, "%s",
		    err->text);
	}
	return 0;
}

int
import_postfix(struct call *call, struct err *err)
{
	SCOPED(drop_import) struct import import = { .call = call,
	    .pool = &call->pool, .report = REPORT_NEW };

	if (read_conf(&import, err) == -1 || read_maps(&import, err) == -1)
		return -1;
	gather(&import);
	if (import.count == 0 && import.report.left == 0)
		return err_set(err, ERR_ABSENT, "%s: no domain is named in "
		    "virtual_mailbox_domains or virtual_alias_domains",
		    import.conf.file);
	if (read_hashes(&import, err) == -1)
		return -1;
	add_passwords(&import);
	tell_of_chains(&import);
	int done = settle_all(&import, err);
	report_end(&import.report, call);
	return done;
}
