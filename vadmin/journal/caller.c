/* caller.c: who calls, and from where, as the journal names them. */
#include "caller.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the environment says is somebody's word: names and addresses have no
 * other characters, and are not long. */
static const char *
word_of(struct pool *pool, const char *variable)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@%+-$\\";
	const char *value = getenv(variable);
	size_t len = value != NULL ? strcspn(value, " ") : 0;

	if (len == 0 || len > 64 || strspn(value, plain) < len)
		return NULL;
	return pool_dup(pool, (struct slice){ value, len });
}

const char *
caller_name(struct pool *pool)
{
	const char *sudo = word_of(pool, "SUDO_USER");
	const struct passwd *user = getpwuid(getuid());
	const char *name = user != NULL ?
	    pool_dup(pool, slice_of(user->pw_name)) :
	    pool_format(pool, "%u", (unsigned)getuid());

	return sudo != NULL ? pool_format(pool, "%s (sudo %s)", name, sudo) :
	    name;
}

const char *
caller_place(struct pool *pool)
{
	const char *peer = word_of(pool, "SSH_CLIENT"), *terminal = NULL;

	for (int fd = 0; fd <= 2 && terminal == NULL; fd++)
		terminal = ttyname(fd);
	return pool_format(pool, "%s%s%s", terminal != NULL ? terminal : "",
	    terminal != NULL && peer != NULL ? " " : "",
	    peer != NULL ? peer : "");
}
