/* native.c: becoming the machine's own POP3 server. */
#include "native.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"
#include "mem.h"
#include "scope.h"

int
native_become(char *const *argv, const struct connection *c,
    const struct startup *found, struct err *err)
{
	size_t count = 0;

	while (argv[count] != NULL)
		count++;
	SCOPED(drop_mem) char **copy = mem_alloc((count + 1) * sizeof *copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = argv[i];
	char *slash = strrchr(argv[0], '/');
	if (slash != NULL)
		copy[0] = slash + 1;
	compat_cloexec_from(STDERR_FILENO + 1);
	connection_restore(c);
	startup_restore(found);
	execvp(argv[0], copy);
	err_fill_sys(err, "start the native pop3d %s", argv[0]);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (c->standard_error != -1 && nothing != -1)
		/* the complaint is not for the client */
		dup2(nothing, STDERR_FILENO);
	return -1;
}
