/* tries_fuzz.c: a file of tries with any bytes in it. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "tries.h"

enum { NOW = 1000000, WINDOW = 600 };

/* Puts the bytes over and over into what there is of the file. */
static void
damage(struct slice bytes, unsigned from)
{
	SCOPED(drop_fd) int fd = openat(fuzz_dir(), "tries",
	    O_RDWR | O_CLOEXEC);
	struct stat st;

	promise(fd != -1 && fstat(fd, &st) == 0, "there is a file");
	for (off_t at = from; bytes.len > 0 &&
	    at + (off_t)bytes.len <= st.st_size && at < 65536;
	    at += (off_t)bytes.len)
		promise(pwrite(fd, bytes.p, bytes.len, at) ==
		    (ssize_t)bytes.len, "it can be damaged");
}

static struct tries
open_tries(void)
{
	struct tries t = TRIES_NONE;
	struct err err;

	promise(tries_open(fuzz_dir(), "tries", &t, &err) == 0,
	    "whatever is in the file, it can be used");
	return t;
}

void
fuzz(struct slice input)
{
	unsigned from = fuzz_choice(&input) % 128;
	unsigned kind = fuzz_choice(&input) % TRIES_KINDS;
	struct slice who = fuzz_part(&input);
	unsigned before, count, after;
	struct err err;

	struct tries first = open_tries();
	drop_tries(&first);
	damage(input, from);
	struct tries t = open_tries();
	promise(tries_count(&t, kind, who, NOW, WINDOW, &before, &err) == 0,
	    "it can be counted");
	promise(tries_add(&t, kind, who, NOW, WINDOW, &count, &err) == 0,
	    "it can be added to");
	promise(tries_count(&t, kind, who, NOW, WINDOW, &after, &err) == 0,
	    "it can be counted again");
	promise(before <= TRIES_TIMES && count == after && count >= 1 &&
	    count <= before + 1, "one more is counted, or the oldest goes");
	promise(tries_claim(&t, kind, who, NOW, 1, &err) == 0,
	    "who was just there is remembered");
	drop_tries(&t);
	struct tries again = open_tries();
	promise(tries_count(&again, kind, who, NOW, WINDOW, &after,
	    &err) == 0 && after == count, "it stays");
	drop_tries(&again);
}
