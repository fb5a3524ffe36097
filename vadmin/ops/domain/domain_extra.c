/* domain_extra.c: files of a domain among extra-aliases. */
#include "domain_extra.h"

#include <string.h>

bool
domain_extra_is(const struct installation *in, const char *file,
    const char *domain, struct slice *before)
{
	size_t len = strlen(in->path);
	const char *name = strncmp(file, in->path, len) == 0 &&
	    file[len] == '/' ? file + len + 1 : file;
	const char *dot = strchr(name, '.');

	if (dot == NULL || strchr(name, '/') != NULL ||
	    strcmp(dot + 1, domain) != 0)
		return false;
	*before = (struct slice){ file, (size_t)(dot + 1 - file) };
	return true;
}
