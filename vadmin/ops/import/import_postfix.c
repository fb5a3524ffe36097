/* import_postfix.c: virtual mailboxes and aliases of Postfix made ours. */
#include <stdio.h>
#include <string.h>

#include "hash_file.h"
#include "ops.h"
#include "param.h"
#include "postfix_gather.h"
#include "scope.h"

static void
drop_postfix_import(struct postfix_import *import)
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

/* --- what main.cf says -------------------------------------------------- */

static int
read_conf(struct postfix_import *import, struct err *err)
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
read_maps(struct postfix_import *import, struct err *err)
{
	size_t unread = 0;

	const struct {
		struct postfix_map	*map;
		const char		*name;
		enum map_kind		 kind;
	} maps[] = {
		{ &import->domains, "virtual_mailbox_domains",
		  MAP_OF_NAMES },
		{ &import->mailboxes, "virtual_mailbox_maps",
		  MAP_OF_ADDRESSES },
		{ &import->uids, "virtual_uid_maps", MAP_OF_IDS },
		{ &import->gids, "virtual_gid_maps", MAP_OF_IDS },
		{ &import->alias_domains, "virtual_alias_domains",
		  MAP_OF_NAMES },
		{ &import->aliases, "virtual_alias_maps",
		  MAP_OF_ADDRESSES },
	};

	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
		postfix_map_read(maps[i].map, &import->conf, maps[i].name,
		    maps[i].kind, &import->report);
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
read_hashes(struct postfix_import *import, struct err *err)
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

static void
add_password(struct postfix_import *import, const struct settlement *to,
    struct newcomer *one)
{
	const struct known_hash *known = hash_file_find(&import->hashes,
	    pool_format(import->pool, "%s@%s", one->name, to->domain));

	if (known == NULL)
		return;
	one->hash = known->hash;
	one->quota = known->quota;
}

/* --- all of it ---------------------------------------------------------- */

static void
add_passwords(struct postfix_import *import)
{
	for (size_t i = 0; i < import->count; i++)
		for (size_t k = 0; k < import->all[i]->count; k++)
			add_password(import, import->all[i],
			    &import->all[i]->all[k]->newcomer);
}

/* Whose mail "joe+x" is. */
static void
tell_delimiter(const struct postfix_import *import)
{
	const char *there = postfix_conf_text(&import->conf,
	    "recipient_delimiter"),
	    *here = import->call->in.conf.recipient_delimiter;

	if (there == NULL)
		there = "";
	if (strcmp(there, here) != 0)
		note("%s: recipient_delimiter is '%s' there and '%s' here: "
		    "'recipient-delimiter = %s' in vmail.conf sends mail with "
		    "extensions where Postfix did", postfix_conf_where(
		    &import->conf, "recipient_delimiter"), there, here, there);
}

/* One domain that cannot be made does not keep the others out. */
static int
settle_all(struct postfix_import *import, struct err *err)
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
	SCOPED(drop_postfix_import) struct postfix_import import = {
		.call = call, .pool = &call->pool, .report = REPORT_NEW,
	};

	if (read_conf(&import, err) == -1 || read_maps(&import, err) == -1)
		return -1;
	postfix_gather(&import);
	if (import.count == 0 && import.report.left == 0)
		return err_set(err, ERR_ABSENT, "%s: no domain is named in "
		    "virtual_mailbox_domains or virtual_alias_domains",
		    import.conf.file);
	if (read_hashes(&import, err) == -1)
		return -1;
	add_passwords(&import);
	tell_delimiter(&import);
	int done = settle_all(&import, err);
	report_end(&import.report, call);
	return done;
}
