/* domain_file.c: domain.D as it is changed and checked. */
#include "domain_file.h"

#include <unistd.h>

#include "address.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "ident.h"
#include "name.h"
#include "param.h"
#include "scope.h"
#include "tokens.h"

static int
check_owner(const struct domain_conf *conf, struct err *err)
{
	struct ident owner;
	gid_t gid;

	if (!slice_is(slice_of(conf->owner), "account")) {
		if (ident_parse(slice_of(conf->owner), &owner, err) == -1)
			return err_within(err, "owner");
		if (ident_is_forbidden(owner))
			return err_set(err, ERR_INVALID,
			    "owner: must not be root");
	}
	if (conf->gid[0] == '\0')
		return 0;
	if (ident_of_group(slice_of(conf->gid), &gid, err) == -1)
		return err_within(err, "gid");
	return gid == 0 ? err_set(err, ERR_INVALID, "gid: must not be 0") : 0;
}

static int
check_inbox(struct slice inbox, struct err *err)
{
	struct slice rest = inbox, step;
	bool account = false;

	while (slice_cut(&rest, '/', &step)) {
		if (slice_is(step, ".") || slice_is(step, ".."))
			return err_set(err, ERR_INVALID,
			    "inbox: must not have . or .. in it");
		for (size_t i = 0; i < step.len; i++) {
			if (step.p[i] != '%')
				continue;
			char token = ++i < step.len ? step.p[i] : '\0';
			if (token != 'd' && token != 'u' && token != '%')
				return err_set(err, ERR_INVALID,
				    "inbox: knows %%d, %%u and %%%% alone");
			account = account || token == 'u';
		}
	}
	return account ? 0 : err_set(err, ERR_INVALID,
	    "inbox: needs %%u, or all accounts would share one inbox");
}

static int
check_command(const char *setting, const char *command, struct err *err)
{
	SCOPED(drop_str) struct str unused = { 0 };
	struct tokens none = { "", "", "", "", "" };

	if (tokens_expand(command, &none, &unused, err) == -1)
		return err_within(err, "%s", setting);
	return 0;
}

/* "user@domain", "@domain", a name, or "| command". */
static int
check_fallback(const char *fallback, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str name = { 0 };
	struct slice text = slice_of(fallback);
	struct address address;
	int result = 0;

	if (fallback[0] == '|')
		return check_command("fallback", fallback + 1, err);
	if (fallback[0] == '@')
		result = name_canonical_domain(slice_from(text, 1), &name, err);
	else if (fallback[0] != '\0')
		result = address_parse(&pool, text, &address, err);
	return result == 0 ? 0 : err_within(err, "fallback");
}

int
domain_file_check(const struct domain_conf *conf, struct err *err)
{
	if (check_owner(conf, err) == -1) {
		if (err->kind == ERR_ABSENT)
			err->kind = ERR_INVALID;
		return -1;
	}
	if (check_fallback(conf->fallback, err) == -1 ||
	    check_command("filter", conf->filter, err) == -1)
		return -1;
	return check_inbox(slice_of(conf->inbox), err);
}

/* The draft is what the programs would read, so it is what gets read. */
static int
check_draft(const struct draft *draft, const char *file, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain_conf conf = { 0 };
	struct settings_lines lines = { 0 };

	if (lseek(draft->fd, 0, SEEK_SET) == -1)
		return err_sys(err, "%s", file);
	settings_preset(domain_settings, &pool, &conf);
	if (settings_read(domain_settings, &pool, draft->fd, file, &conf,
	    &lines, err) == -1)
		return -1;
	if (domain_file_check(&conf, err) == -1)
		return err_within(err, "%s", file);
	return 0;
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
	if (check_draft(&draft, str_text(&name), err) == -1)
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
