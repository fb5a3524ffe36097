/* postfix_gather.c: what Postfix's tables say, domain by domain. */
#include "postfix_gather.h"

#include <string.h>

#include "address.h"
#include "scope.h"

static const char *
where_is(struct postfix_import *import, const struct map_entry *entry)
{
	return entry->line == 0 ? entry->file : pool_format(import->pool,
	    "%s:%u", entry->file, entry->line);
}

#define left(import, entry, what, ...) \
	report_left(&(import)->report, where_is(import, entry), what, \
	    __VA_ARGS__)

/* --- domains ------------------------------------------------------------ */

static struct settlement *
settlement_of(const struct postfix_import *import, const char *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return table_find(&import->by_domain, pool_lower(&pool,
	    slice_of(domain)));
}

/* In a table of mailboxes or aliases names without @ are domains. */
static void
add_domains(struct postfix_import *import, const struct postfix_map *map)
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
place(struct postfix_import *import, const struct map_entry *entry,
    const char **local)
{
	const char *at = strrchr(entry->key, '@');
	SCOPED(drop_str) struct str name = { 0 };
	struct slice unused;
	struct err err;

	if (at == NULL)
		return NULL;
	/* As Postfix looks it up it has the quotes of a message's header. */
	if (at > entry->key && address_split(slice_of(entry->key), &name,
	    &unused, &err) == -1) {
		left(import, entry, entry->key, "%s", err.text);
		return NULL;
	}
	*local = pool_lower(import->pool, str_slice(&name));
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
path_of(struct postfix_import *import, const struct map_entry *entry,
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
add_mailbox(struct postfix_import *import, const struct map_entry *entry)
{
	struct settler *new = pool_alloc(import->pool, sizeof *new);
	const char *local = NULL;
	struct settlement *to = place(import, entry, &local);
	unsigned uid, gid;

	if (strchr(entry->key, '@') == NULL && settlement_of(import,
	    entry->key) == NULL)
		left(import, entry, entry->key, "no address, and none of the "
		    "domains");
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
add_catching_mailbox(struct postfix_import *import,
    const struct map_entry *entry)
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

/* --- aliases ------------------------------------------------------------ */

/* What Postfix adds to a name without domain. */
static const char *
origin_of(struct postfix_import *import)
{
	if (import->origin != NULL)
		return import->origin;
	import->origin = postfix_conf_origin(&import->conf);
	if (import->origin == NULL) {
		import->origin = import->call->in.main_domain;
		note("%s: no domain is said by myorigin or myhostname: names "
		    "without one are taken for those of %s, the main domain; "
		    "myorigin=DOMAIN says another", postfix_conf_where(
		    &import->conf, "myorigin"), import->origin);
	}
	return import->origin;
}

/* "Ann <ann@a.test>": the words in front are no addresses. */
static bool
is_named(struct slice word, struct slice before)
{
	return word.p[0] == '<' && !slice_has((struct slice){ before.p,
	    (size_t)(word.p - before.p) }, ',');
}

static bool
members_of(struct postfix_import *import, const struct map_entry *entry,
    struct str *out, size_t *count)
{
	struct slice rest = slice_of(entry->value), before = rest, word;
	struct err unused;

	for (*count = 0; postfix_map_word(&rest, &word); before = rest) {
		SCOPED(drop_str) struct str local = { 0 };
		struct slice domain = word;
		/* "@domain": the same name there */
		if (strchr("|/:\\", word.p[0]) != NULL ||
		    (word.p[0] != '@' && address_split(word, &local, &domain,
		    &unused) == -1)) {
			left(import, entry, entry->key, "'%.*s' is no address",
			    (int)word.len, word.p);
			return false;
		}
		if (*count > 0 && is_named(word, before)) {
			left(import, entry, entry->key, "'%.*s' has a name in "
			    "front: write the address alone", (int)word.len,
			    word.p);
			return false;
		}
		str_addf(out, "%s%.*s", (*count)++ > 0 ? ", " : "",
		    (int)word.len, word.p);
		if (domain.len == 0)
			str_addf(out, "@%s", origin_of(import));
	}
	return true;
}

static int
add_alias(struct postfix_import *import, struct settlement *to,
    const struct map_entry *entry, const char *name, struct slice members)
{
	struct err err;

	if (settle_alias(to, import->pool, entry->file, entry->line, name,
	    members, &err) == 0)
		return 0;
	left(import, entry, entry->key, "%s", err.text);
	return -1;
}

/* A name that nobody has there. */
static const char *
catching_name(const struct postfix_import *import, const char *domain)
{
	const char *name = "catch-all";

	for (unsigned n = 2; ; n++) {
		const char *key = pool_format(import->pool, "%s@%s", name,
		    domain);
		if (postfix_map_find(&import->aliases, key) == NULL &&
		    postfix_map_find(&import->mailboxes, key) == NULL)
			return name;
		name = pool_format(import->pool, "catch-all-%u", n);
	}
}

/* In its own domain a fallback is a name. */
static void
add_fallback(struct postfix_import *import, struct settlement *to,
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
		const char *name = catching_name(import, to->domain);
		if (add_alias(import, to, entry, name, members) == -1)
			return;
		to->fallback = name;
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
read_alias(struct postfix_import *import, const struct map_entry *entry)
{
	SCOPED(drop_str) struct str members = { 0 };
	const char *local = NULL;
	size_t count;

	if (strchr(entry->key, '@') == NULL) {
		if (settlement_of(import, entry->key) == NULL)
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
tell_of_chains(const struct postfix_import *import)
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

void
postfix_gather(struct postfix_import *import)
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
	tell_of_chains(import);
}
