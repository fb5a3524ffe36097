/* splice.c: a copy of a file in which some pieces are exchanged. */
#include "splice.h"

#include <sys/stat.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"

enum { BLOCK = 256 * 1024 };

void
splices_add(struct splices *splices, off_t at, off_t removed,
    struct slice text)
{
	mem_room(&splices->splice, &splices->room, splices->count,
	    sizeof *splices->splice);
	splices->splice[splices->count++] = (struct splice){ at, removed,
	    text };
}

void
drop_splices(struct splices *splices)
{
	drop_mem(&splices->splice);
}

off_t
splice_place(const struct splices *splices, size_t i)
{
	off_t at = splices->splice[i].at;

	for (size_t n = 0; n < i; n++)
		at += (off_t)splices->splice[n].text.len -
		    splices->splice[n].removed;
	return at;
}

/* What is written to, and its last byte. */
struct copy {
	int	 to;
	char	 last;
};

static int
put(struct copy *copy, const char *p, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	copy->last = p[len - 1];
	return fd_write(copy->to, p, len) == -1 ? err_sys(err, "write") : 0;
}

static int
copy_part(struct copy *copy, int from, off_t at, off_t end, char *buffer,
    struct err *err)
{
	while (at < end) {
		size_t len = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
		ssize_t n = fd_pread(from, buffer, len, at);
		if (n == -1)
			return err_sys(err, "read");
		if ((size_t)n != len)
			return err_set(err, ERR_TEMPORARY,
			    "it was cut while it was read");
		if (put(copy, buffer, len, err) == -1)
			return -1;
		at += n;
	}
	return 0;
}

int
splice_copy(int from, int to, const struct splices *splices, struct err *err)
{
	SCOPED(drop_mem) char *buffer = mem_alloc(BLOCK);
	struct copy copy = { to, '\n' };
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) == -1)
		return err_sys(err, "size");
	for (size_t i = 0; i < splices->count; i++) {
		const struct splice *s = &splices->splice[i];
		if (copy_part(&copy, from, at, s->at, buffer, err) == -1)
			return -1;
		if (s->at == st.st_size && s->text.len > 0 &&
		    copy.last != '\n' && put(&copy, "\n", 1, err) == -1)
			return -1;
		if (put(&copy, s->text.p, s->text.len, err) == -1)
			return -1;
		at = s->at + s->removed;
	}
	return copy_part(&copy, from, at, st.st_size, buffer, err);
}
