/* needs.c: programs and files that are named, and that are not there. */
#include "needs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fallback.h"

/* A word with one of these is the shell's, or tokens.h's, to read. */
#define NOT_PLAIN	"%$`\\\"'*?[]{}()"

const char *
needs_of_command(struct pool *pool, const char *command)
{
	size_t blanks = strspn(command, " \t"), len;
	const char *path;
	struct stat st;

	len = strcspn(command + blanks, " \t\n;|&<>");
	path = pool_dup(pool, (struct slice){ command + blanks, len });
	if (path[0] != '/' || strpbrk(path, NOT_PLAIN) != NULL)
		return NULL;
	if (stat(path, &st) == -1)
		return errno != ENOENT && errno != ENOTDIR ? NULL :
		    pool_format(pool, "there is no program %s: install it, or "
		    "name another one", path);
	return S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0 ? NULL :
	    pool_format(pool, "%s is no program: make it one (chmod +x), or "
	    "name another one", path);
}

static const char *
needs_of_file(struct pool *pool, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
		return NULL;
	return pool_format(pool, "there is no file %s: make it, or take it "
	    "out", path);
}

/* A file to append to is made when it is needed. */
static const char *
needs_of_target(struct pool *pool, const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 || !S_ISDIR(st.st_mode) ? NULL :
	    pool_format(pool, "%s is a directory: name a file in it", path);
}

const char *
needs_of_member(struct pool *pool, const struct alias_member *member)
{
	switch (member->kind) {
	case ALIAS_COMMAND:
		return needs_of_command(pool, member->text);
	case ALIAS_INCLUDE:
		return needs_of_file(pool, member->text);
	case ALIAS_FILE:
		return needs_of_target(pool, member->text);
	default:
		return NULL;
	}
}

static const char *
of_filter(const struct domain *domain, struct pool *pool)
{
	return needs_of_command(pool, domain->conf.filter);
}

static const char *
of_fallback(const struct domain *domain, struct pool *pool)
{
	const char *fallback = domain->conf.fallback;
	struct alias_member member;
	struct err unused;

	return fallback[0] == '\0' || fallback_parse(pool, fallback,
	    "anybody", &member, &unused) == -1 ? NULL :
	    needs_of_member(pool, &member);
}

static const char *
of_extra_aliases(const struct domain *domain, struct pool *pool)
{
	const struct setting_words *files = &domain->conf.extra_aliases;
	const char *missing = NULL;

	for (size_t i = 0; i < files->count && missing == NULL; i++)
		missing = needs_of_file(pool, installation_path(domain->in,
		    pool, files->word[i]));
	return missing;
}

static const struct {
	const char	*setting;
	const char	*(*look)(const struct domain *, struct pool *);
} looks[] = {
	{ "filter", of_filter },
	{ "fallback", of_fallback },
	{ "extra-aliases", of_extra_aliases },
};

bool
needs_of_setting(const struct domain *domain, struct pool *pool, size_t i,
    const char **setting, const char **missing)
{
	if (i >= sizeof looks / sizeof *looks)
		return false;
	*setting = looks[i].setting;
	*missing = looks[i].look(domain, pool);
	return true;
}
