/* mentions.c: the places of one domain where something can be named. */
#include "mentions.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "alias_search.h"
#include "change.h"
#include "domain_file.h"
#include "fd.h"
#include "files.h"
#include "members.h"
#include "scope.h"
#include "spool.h"

void
drop_mentions(struct mentions *s)
{
	drop_table(&s->extra);
	drop_pool(&s->pool);
}

void
mentions_staying(struct mentions *s, enum err_kind why)
{
	if (s->staying++ == 0 || why == ERR_TEMPORARY)
		s->why = why;
}

/* --- one file ------------------------------------------------------------ */

static bool
look_at_member(void *arg, struct pool *pool, const struct alias_entry *entry,
    size_t i, struct alias_member *new)
{
	struct mentions *s = arg;
	struct reference at = s->at;

	if (entry->members[i].kind != ALIAS_ADDRESS &&
	    entry->members[i].kind != ALIAS_MAILBOX)
		return false;
	if (at.kind == REFERENCE_ALIAS)
		at.name = entry->name;
	at.member = &entry->members[i];
	at.only = entry->count == 1;
	at.where = pool_format(pool, "%s:%u", entry->file,
	    entry->members[i].line);
	return s->visit(s->arg, pool, &at, new) && (at.stays || !s->dry);
}

/* Absolute paths may lead to the installation's directory, too. */
static const char *
beside_us(const struct mentions *s, const char *file)
{
	size_t len = strlen(s->call->in.path);

	if (strncmp(file, s->call->in.path, len) == 0 && file[len] == '/')
		file += len + 1;
	return strchr(file, '/') == NULL ? file : NULL;
}

static int
tell_staying(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct mentions *s = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member unused;

	(void)extent;
	(void)err;
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		if (look_at_member(s, &pool, entry, i, &unused)) {
			note("%s:%u: '%s' is not changed: %s", entry->file,
			    entry->members[i].line, entry->members[i].text,
			    s->reason);
			mentions_staying(s, s->why_not);
		}
	return 0;
}

/* What cannot be changed can be read all the same: deliveries do. */
static void
look_only(struct mentions *s, const char *file, enum err_kind why,
    const char *reason)
{
	struct err err;

	s->at.stays = true;
	s->reason = reason;
	s->why_not = why;
	if (alias_search_each(&s->call->in, file, INDEX_MEMBER, s->account,
	    tell_staying, s, &err) == -1) {
		note("%s: not looked at: %s", file, err.text);
		if (err.kind != ERR_ABSENT)
			mentions_staying(s, err.kind);
	}
	s->at.stays = false;
}

void
mentions_in_aliases(struct mentions *s, const char *file)
{
	struct members_visit visit = { look_at_member, s, s->account, 0 };
	struct err err;

	s->at.kind = REFERENCE_ALIAS;
	if (members_of_file(&s->call->in, file, &visit, &err) == -1)
		look_only(s, file, err.kind, err.text);
}

void
mentions_expect(struct mentions *s, const struct domain *domain)
{
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++) {
		void **slot = table_at(&s->extra, pool_dup(&s->pool,
		    slice_of(domain->conf.extra_aliases.word[i])));
		*slot = *slot == NULL ? &s->once : &s->often;
	}
}

void
mentions_in_extra(struct mentions *s, const char *named)
{
	const char *file = beside_us(s, named);
	void **slot = table_at(&s->extra, named);

	if (*slot == &s->done)
		return;
	s->at.shared = *slot == &s->often;
	*slot = &s->done;
	s->at.kind = REFERENCE_ALIAS;
	if (file != NULL)
		mentions_in_aliases(s, file);
	else	/* not ours to replace */
		look_only(s, named, ERR_REFUSED, pool_format(&s->pool,
		    "the file is not in %s: edit it by hand",
		    s->call->in.path));
	s->at.shared = false;
}

/* --- forwards ------------------------------------------------------------ */

static void
look_at_forward(struct mentions *s, int dir, const char *path, const char *file)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice name = slice_of(file);
	struct members_visit visit = { look_at_member, s, s->account, 0 };
	struct err err;

	if (!slice_ends(name, ".forward") || name.p[0] == '.')
		return;
	name.len -= strlen(".forward");
	s->at.kind = REFERENCE_FORWARD;
	s->at.name = pool_dup(&pool, name);
	if (members_of_forward(dir, file, pool_format(&pool, "%s/%s", path,
	    file), &visit, &err) == -1) {
		note("left as it is: %s", err.text);
		mentions_staying(s, err.kind);
	}
	s->at.name = "";
}

void
mentions_in_forwards(struct mentions *s, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_dir) DIR *dir = NULL;
	const struct dirent *entry;
	size_t made = 0;
	struct err err;
	int fd;

	if (spool_files(domain, false, &fd, &err) == -1) {
		if (err.kind != ERR_ABSENT) {
			note("forwards of %s: not looked at: %s", domain->name,
			    err.text);
			mentions_staying(s, err.kind);
		}
		return;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		note("forwards of %s: not looked at: %s", domain->name,
		    strerror(errno));
		mentions_staying(s, ERR_TEMPORARY);
		drop_fd(&fd);
		return;
	}
	const char *path = pool_format(&pool, "%s/files/%s",
	    installation_path(domain->in, &pool, domain->in->conf.spool),
	    domain->name);
	while (errno = 0, (entry = change_read_dir(dir, &made)) != NULL)
		look_at_forward(s, dirfd(dir), path, entry->d_name);
	/* One that was not seen would lead to nobody. */
	if (errno != 0) {
		note("%s: not looked at to its end: %s", path,
		    strerror(errno));
		mentions_staying(s, ERR_TEMPORARY);
	}
}

/* --- fallbacks ----------------------------------------------------------- */

/* A dry search asks only whether the file could be. */
static int
change_fallback(struct mentions *s, const struct domain *domain,
    const char *assignment, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool there;

	if (s->dry)
		return files_check(domain->in, pool_format(&pool, "domain.%s",
		    domain->name), &there, err);
	return domain_file_change(domain->in, domain->name,
	    &(struct setting_words){ &assignment, 1 }, err);
}

void
mentions_in_fallback(struct mentions *s, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct alias_member member = { ALIAS_ADDRESS,
	    domain->conf.fallback, 0 };
	struct alias_member new = member;
	struct reference at = s->at;
	struct err err;

	if (member.text[0] == '\0' || member.text[0] == '|')
		return;
	at.kind = REFERENCE_FALLBACK;
	at.member = &member;
	at.only = true;
	at.where = domain_where(domain, &pool, "fallback");
	if (!s->visit(s->arg, &pool, &at, &new))
		return;
	const char *assignment = pool_format(&pool, "fallback=%s", new.text);
	if (change_fallback(s, domain, assignment, &err) == -1) {
		note("%s: left as it is: %s", at.where, err.text);
		mentions_staying(s, err.kind);
	}
}
