/* qmail_files.c: the .qmail files of a domain as aliases and a fallback. */
#include "qmail_files.h"

#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "scope.h"
#include "vpasswd.h"

enum { DOT_MAX = 1 << 20 };

static bool
read_dot(struct maildir_tree *tree, const char *name, struct str *text)
{
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	if (file_open(tree->dir, name, O_NOFOLLOW, &fd, NULL, &err) == 0 &&
	    file_read(fd, DOT_MAX, text, &err) == 0)
		return true;
	report_left(&tree->report, maildir_tree_below(tree, name), name, "%s",
	    err.text);
	return false;
}

/* A Maildir in an alias is that of an account. */
static const char *
account_of(const struct maildir_tree *tree, const char *maildir)
{
	for (size_t i = 0; i < tree->all.count; i++) {
		const struct settler *one = tree->all.all[i];
		if (strcmp(one->path, maildir) == 0 ||
		    slice_ends(slice_of(maildir), pool_format(tree->pool,
		    "/%s/Maildir/", one->newcomer.name)))
			return one->newcomer.name;
	}
	return NULL;
}

/* .qmail-some:thing is the alias some.thing. */
void
qmail_alias(struct maildir_tree *tree, const char *name)
{
	char *alias = pool_lower(tree->pool, slice_of(name + strlen(
	    ".qmail-")));
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_dot_qmail) struct dot_qmail file = { 0 };
	const char *where = maildir_tree_below(tree, name), *own;
	struct err err;

	for (char *c = alias; *c != '\0'; c++)
		*c = *c == ':' ? '.' : *c;
	if (!read_dot(tree, name, &text))
		return;
	dot_qmail_read(tree->pool, str_slice(&text), &file);
	own = file.maildir != NULL ? account_of(tree, file.maildir) : NULL;
	if (file.strange != NULL || (file.maildir != NULL && own == NULL)) {
		report_left(&tree->report, where, name, "'%.200s' is neither "
		    "an address nor an account's Maildir: see "
		    "vmail-aliases(5) for what an alias may hold",
		    file.strange != NULL ? file.strange : file.maildir);
		return;
	}
	if (own != NULL)
		str_addf(&file.members, "%s%s", file.members.len > 0 ? ", " :
		    "", own);
	if (settle_alias(&tree->all, tree->pool, where, 0, alias,
	    str_slice(&file.members), &err) == -1)
		report_left(&tree->report, where, name, "%s", err.text);
}

void
qmail_default(struct maildir_tree *tree, const char *name)
{
	SCOPED(drop_str) struct str text = { 0 };
	const char *where = maildir_tree_below(tree, name), *own, *what;

	if (!read_dot(tree, name, &text))
		return;
	what = dot_qmail_default(tree->pool, str_slice(&text));
	if (what == NULL || strcmp(what, "delete") == 0) {
		report_left(&tree->report, where, name, "%s", what == NULL ?
		    "no line of vdelivermail's" : "mail for nobody was "
		    "thrown away: here it is refused; 'vadmin alias set "
		    "nobody@D /dev/null' and fallback=nobody throw it away");
		return;
	}
	if (strcmp(what, "bounce-no-mailbox") == 0) {
		report_taken(&tree->report, where, name,
		    "mail for nobody is refused, as here");
		return;
	}
	tree->all.fallback_where = where;
	own = what[0] == '/' ? account_of(tree, pool_format(tree->pool,
	    "%s/Maildir/", what)) : what;
	if (own != NULL)
		tree->all.fallback = own;
	else
		report_left(&tree->report, where, name,
		    "'%s' is no account's", what);
}
