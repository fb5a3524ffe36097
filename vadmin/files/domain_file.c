/* domain_file.c: domain.D as it is changed and checked. */
#include "domain_file.h"

#include <unistd.h>

#include "account.h"
#include "fallback.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "ident.h"
#include "mailbox.h"
#include "param.h"
#include "scope.h"
#include "tokens.h"

static int
check_owner(const char *owner, struct err *err)
{
	struct ident who;

	if (slice_is(slice_of(owner), "account"))
		return 0;
	if (ident_parse(slice_of(owner), &who, err) == -1)
		return -1;
	return ident_is_forbidden(who) ?
	    err_set(err, ERR_INVALID, "must not be root") : 0;
}

static int
check_group(const char *group, struct err *err)
{
	gid_t gid;

	if (group[0] == '\0')
		return 0;
	if (ident_of_group(slice_of(group), &gid, err) == -1)
		return -1;
	return gid == 0 ? err_set(err, ERR_INVALID, "must not be 0") : 0;
}

static int
check_filter(const char *command, struct err *err)
{
	return command[0] == '\0' ? 0 : tokens_check(command, err);
}

static int
check_fallback(const char *fallback, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_member unused;

	return fallback[0] == '\0' ? 0 :
	    fallback_parse(&pool, fallback, "anybody", &unused, err);
}

int
domain_file_check(const struct domain *domain, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct domain_conf *conf = &domain->conf;
	const struct account anybody = { .domain = domain, .name = "anybody" };
	const struct {
		const char	*name, *value;
		int		(*parse)(const char *value, struct err *err);
	} checks[] = {
		{ "owner", conf->owner, check_owner },
		{ "gid", conf->gid, check_group },
		{ "fallback", conf->fallback, check_fallback },
		{ "filter", conf->filter, check_filter },
	};

	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (checks[i].parse(checks[i].value, err) == -1) {
			if (err->kind == ERR_ABSENT)
				err->kind = ERR_INVALID;
			return err_within(err, "%s: %s", domain_where(domain,
			    &pool, checks[i].name), checks[i].name);
		}
	return mailbox_check(&anybody, err);
}

/* The draft is what the programs would read, so it is what gets read. */
static int
check_draft(const struct installation *in, const struct draft *draft,
    const char *file, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain domain = { .in = in, .file = file };
	struct settings_lines unused = { 0 };

	if (lseek(draft->fd, 0, SEEK_SET) == -1)
		return err_sys(err, "%s", file);
	settings_preset(domain_settings, &pool, &domain.conf);
	if (settings_read(domain_settings, &pool, draft->fd, file, &domain.conf,
	    &unused, err) == -1)
		return -1;
	return domain_file_check(&domain, err);
}

static void
edit(struct str *text, const struct setting_words *assignments)
{
	for (size_t i = 0; i < assignments->count; i++) {
		SCOPED(drop_str) struct str changed = { 0 };
		SCOPED(drop_pool) struct pool pool = { 0 };
		struct slice name, value;

		param_assignment(assignments->word[i], &name, &value);
		settings_edit(str_slice(text), pool_dup(&pool, name), value,
		    &changed);
		str_cut(text, 0);
		str_addslice(text, str_slice(&changed));
	}
}

int
domain_file_change(const struct installation *in, const char *domain,
    const struct setting_words *assignments, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 }, text = { 0 };
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	str_addf(&name, "domain.%s", domain);
	if (files_read(in, str_text(&name), &text, NULL, err) == -1)
		return -1;
	edit(&text, assignments);
	if (draft_begin(in->dir, str_text(&name), MODE_PUBLIC, &draft,
	    err) == -1)
		return err_within(err, "%s", in->path);
	if (fd_write(draft.fd, str_text(&text), text.len) == -1)
		return err_sys(err, "write %s/%s", in->path, draft.temporary);
	if (check_draft(in, &draft, str_text(&name), err) == -1)
		return -1;
	return draft_commit(&draft, err);
}

bool
domain_file_next(struct slice *rest, struct slice *name, struct slice *value)
{
	struct slice line;

	while (rest->len > 0 && slice_cut(rest, '\n', &line)) {
		if (slice_ends(line, "\r"))
			line.len--;
		if (slice_starts(line, "#") || !slice_has(line, '='))
			continue;
		*value = line;
		slice_cut(value, '=', name);
		*name = slice_trim(*name);
		*value = slice_trim(*value);
		return true;
	}
	return false;
}
