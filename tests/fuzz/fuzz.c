/* fuzz.c: what every fuzz target has: promises, files, input in parts. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fd.h"
#include "idn.h"
#include "scope.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int	__wrap_idn_to_ascii(struct slice domain, struct str *out,
	    struct err *err);

void
fuzz_broken(const char *file, int line, const char *sentence)
{
	fprintf(stderr, "%s:%d: broken: %s\n", file, line, sentence);
	abort();
}

static void
must(bool works, const char *what)
{
	if (works)
		return;
	perror(what);
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz((struct slice){ (const char *)data, size });
	return 0;
}

/* --- input ------------------------------------------------------------- */

struct slice
fuzz_part(struct slice *rest)
{
	struct slice part = { 0 };

	slice_cut(rest, '\f', &part);
	return part;
}

unsigned
fuzz_choice(struct slice *rest)
{
	unsigned choice = rest->len > 0 ? (unsigned char)rest->p[0] : 0;

	*rest = slice_from(*rest, 1);
	return choice;
}

size_t
fuzz_lines(struct slice text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	return lines;
}

/* --- files ------------------------------------------------------------- */

static void
fill(int fd, struct slice bytes)
{
	must(lseek(fd, 0, SEEK_SET) == 0 &&
	    fd_write(fd, bytes.p, bytes.len) == 0 &&
	    ftruncate(fd, (off_t)bytes.len) == 0 &&
	    lseek(fd, 0, SEEK_SET) == 0, "a file of the target");
}

int
fuzz_file(struct slice bytes)
{
	static int fd = -1;

	if (fd == -1)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	fill(fd, bytes);
	return fd;
}

static char dir_path[] = "/dev/shm/vmail-fuzz-XXXXXX";
static pid_t dir_of;

static void
remove_dir(void)
{
	char command[sizeof dir_path + 16];

	if (getpid() != dir_of)
		return;
	snprintf(command, sizeof command, "rm -rf %s", dir_path);
	must(system(command) == 0, command);
}

int
fuzz_dir(void)
{
	static int dir = -1;

	if (dir != -1)
		return dir;
	must(mkdtemp(dir_path) != NULL, dir_path);
	dir_of = getpid();
	atexit(remove_dir);
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir != -1, dir_path);
	return dir;
}

void
fuzz_write(const char *name, struct slice bytes)
{
	SCOPED(drop_fd) int fd = openat(fuzz_dir(), name,
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	must(fd != -1, name);
	fill(fd, bytes);
}

/* --- what is left out -------------------------------------------------- */

/* In the place of vidn, which would be a process for each such domain. */
int
__wrap_idn_to_ascii(struct slice domain, struct str *out, struct err *err)
{
	if (slice_has(domain, '\xFF'))
		return err_set(err, ERR_INVALID, "not a domain name");
	str_adds(out, "xn--");
	for (size_t i = 0; i < domain.len; i++)
		str_addc(out, (unsigned char)domain.p[i] < 0x80 ?
		    ascii_lower(domain.p[i]) : 'u');
	return 0;
}
