/* mem.c: allocation that succeeds or ends the process. */
#include "mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* stack below us that may be given back, at most */
enum { STACK = 256 * 1024 };

static bool silent;

void
mem_told_by_parent(void)
{
	silent = true;
}

static void
out_of_memory(void)
{
	static const char text[] = "4.3.0 " MEM_SENTENCE "\n";

	if (silent)
		_exit(MEM_LACKED);
	/* Nothing else can be done about a standard error that is gone. */
	if (write(STDERR_FILENO, text, sizeof text - 1) == -1)
		_exit(EX_TEMPFAIL);
	_exit(EX_TEMPFAIL);
}

void *
mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
mem_grow(void *p, size_t count, size_t size)
{
	void *q = NULL;

	if (size != 0 && count <= PTRDIFF_MAX / size)
		q = realloc(p, count > 0 ? count * size : size);
	if (q == NULL)
		out_of_memory();
	return q;
}

void
mem_room(void *list, size_t *room, size_t count, size_t size)
{
	void *p;

	if (count < *room)
		return;
	*room = *room != 0 ? *room * 2 : 8;
	memcpy(&p, list, sizeof p);		/* whatever it points to */
	p = mem_grow(p, *room, size);
	memcpy(list, &p, sizeof p);
}

char *
mem_dup(const void *p, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len > 0)
		memcpy(copy, p, len);
	return copy;
}

void
drop_mem(void *pointer_to_pointer)
{
	void **p = pointer_to_pointer;

	free(*p);
	*p = NULL;
}

void
mem_give_back(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

#ifdef __GLIBC__
	malloc_trim(0);
#endif
	/* The page below us is this function's, and that of what it calls. */
	uintptr_t end = (here & ~(page - 1)) - page;
	/* Where the stack was never so deep nothing is mapped, and nothing
	 * happens. */
	madvise((void *)(end - STACK), STACK, MADV_DONTNEED);
}
