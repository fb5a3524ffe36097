/* tar.c: the few headers of tar that a backup is made of. */
#include "tar.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "scope.h"

/* As POSIX has it. */
struct header {
	char	name[100], mode[8], uid[8], gid[8], size[12], time[12], sum[8];
	char	type, target[100], magic[6], version[2], user[32], group[32];
	char	major[8], minor[8], prefix[155], end[12];
};
static_assert(sizeof(struct header) == TAR_BLOCK, "a block");

enum { EXTENDED = 'x', PAX_MAX = TAR_HEAD_MAX - 2 * TAR_BLOCK };
static const char types[] = {
	[TAR_FILE] = '0', [TAR_DIRECTORY] = '5', [TAR_LINK] = '2',
};
/* what fits into the eleven digits of a size */
static const uint64_t size_max = (UINT64_C(1) << 33) - 1;

size_t
tar_padding(uint64_t size)
{
	return (size_t)(-size % TAR_BLOCK);
}

/* --- writing --------------------------------------------------------- */

static void
octal(char *field, size_t size, uint64_t number)
{
	for (size_t i = size - 1; i-- > 0; number >>= 3)
		field[i] = (char)('0' + (number & 7));
	field[size - 1] = '\0';
}

/* The sum counts its own field as blanks. */
static void
set_sum(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof h->sum);
	for (size_t i = 0; i < sizeof *h; i++)
		sum += p[i];
	octal(h->sum, sizeof h->sum - 1, sum);
}

/* What is longer than the field stands in the pax header. */
static void
copy_name(char *field, size_t size, const char *name)
{
	size_t len = strlen(name);

	memcpy(field, name, len < size ? len : size);
}

static void
add_header(struct str *out, char type, const struct tar_member *m)
{
	struct header h = { .type = type, .magic = "ustar",
	    .version = { '0', '0' } };

	copy_name(h.name, sizeof h.name, m->path);
	copy_name(h.target, sizeof h.target, m->target);
	octal(h.mode, sizeof h.mode, m->mode);
	octal(h.uid, sizeof h.uid, 0);
	octal(h.gid, sizeof h.gid, 0);
	octal(h.size, sizeof h.size, m->size > size_max ? 0 : m->size);
	octal(h.time, sizeof h.time, (uint64_t)m->time);
	set_sum(&h);
	str_add(out, &h, sizeof h);
}

/* "LEN name=value\n", where LEN counts its own digits. */
static void
add_record(struct str *out, const char *name, const char *value)
{
	size_t rest = strlen(name) + strlen(value) + 3, len = rest + 1;
	char digits[24];

	for (int n = 0; n != (int)(len - rest); len = rest + (size_t)n)
		n = snprintf(digits, sizeof digits, "%zu", len);
	str_addf(out, "%zu %s=", len, name);
	str_adds(out, value);
	str_addc(out, '\n');
}

static void
add_zeros(struct str *out, size_t count)
{
	static const char zeros[TAR_BLOCK];

	str_add(out, zeros, count);
}

void
tar_add(struct str *out, const struct tar_member *m)
{
	SCOPED(drop_str) struct str records = { 0 };
	char digits[24];

	if (strlen(m->path) > sizeof ((struct header *)0)->name)
		add_record(&records, "path", m->path);
	if (strlen(m->target) > sizeof ((struct header *)0)->target)
		add_record(&records, "linkpath", m->target);
	if (m->size > size_max) {
		snprintf(digits, sizeof digits, "%llu",
		    (unsigned long long)m->size);
		add_record(&records, "size", digits);
	}
	if (records.len > 0) {
		add_header(out, EXTENDED, &(struct tar_member){
		    .path = "pax", .target = "", .size = records.len });
		str_addslice(out, str_slice(&records));
		add_zeros(out, tar_padding(records.len));
	}
	add_header(out, types[m->kind], m);
}

/* --- reading --------------------------------------------------------- */

static bool
read_octal(const char *field, size_t size, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i + 1 < size; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		*out = *out << 3 | (uint64_t)(field[i] - '0');
	}
	return true;
}

static const char *
dup_name(struct pool *pool, const char *field, size_t size)
{
	return pool_dup(pool, (struct slice){ field, strnlen(field, size) });
}

static bool
read_header(const char *block, struct pool *pool, char *type,
    struct tar_member *m)
{
	struct header h;
	uint64_t mode, time;

	memcpy(&h, block, sizeof h);
	if (!read_octal(h.mode, sizeof h.mode, &mode) ||
	    !read_octal(h.size, sizeof h.size, &m->size) ||
	    !read_octal(h.time, sizeof h.time, &time))
		return false;
	*type = h.type;
	m->mode = (mode_t)mode;
	m->time = (int64_t)time;
	m->path = dup_name(pool, h.name, sizeof h.name);
	m->target = dup_name(pool, h.target, sizeof h.target);
	return true;
}

/* The next record of a pax header; its length is believed only as far as the
 * whole of it, written again, is the same. */
static bool
read_records(struct slice rest, struct pool *pool, struct tar_member *m)
{
	struct slice line, name;

	while (rest.len > 0) {
		if (!slice_cut(&rest, '\n', &line) ||
		    !slice_cut(&line, ' ', &name) ||
		    !slice_cut(&line, '=', &name) || slice_has(line, '\0'))
			return false;
		if (slice_is(name, "path"))
			m->path = pool_dup(pool, line);
		else if (slice_is(name, "linkpath"))
			m->target = pool_dup(pool, line);
		else if (!slice_is(name, "size") ||
		    slice_number(line, INT64_MAX, &m->size) == -1)
			return false;
	}
	return true;
}

static size_t
extended_size(struct slice head)
{
	uint64_t size;
	struct header h;

	memcpy(&h, head.p, sizeof h);
	if (h.type != EXTENDED)
		return 0;
	return read_octal(h.size, sizeof h.size, &size) && size <= PAX_MAX ?
	    (size_t)size : SIZE_MAX;
}

size_t
tar_needs(struct slice head)
{
	if (head.len < TAR_BLOCK)
		return TAR_BLOCK;
	size_t more = extended_size(head);
	if (more == SIZE_MAX)
		return 0;
	return more == 0 ? TAR_BLOCK : 2 * TAR_BLOCK + more +
	    tar_padding(more);
}

static bool
kind_of(char type, enum tar_kind *kind)
{
	for (size_t i = 0; i < sizeof types; i++)
		if (types[i] == type) {
			*kind = (enum tar_kind)i;
			return true;
		}
	return false;
}

/* What would not be written so was not written by us. */
static bool
is_ours(const struct tar_member *m, struct slice head)
{
	SCOPED(drop_str) struct str again = { 0 };

	tar_add(&again, m);
	return slice_equal(str_slice(&again), head) &&
	    (m->mode & ~(mode_t)0777) == 0 &&
	    (m->kind == TAR_FILE || m->size == 0) &&
	    (m->kind == TAR_LINK) == (m->target[0] != '\0');
}

bool
tar_read(struct slice head, struct pool *pool, struct tar_member *out)
{
	size_t more = head.len < TAR_BLOCK ? SIZE_MAX : extended_size(head);
	struct tar_member m = { 0 }, pax = { 0 };
	char type;

	if (more == SIZE_MAX || head.len != tar_needs(head) ||
	    !read_header(head.p + head.len - TAR_BLOCK, pool, &type, &m) ||
	    !kind_of(type, &m.kind))
		return false;
	if (more > 0 && (!read_header(head.p, pool, &type, &pax) ||
	    !read_records((struct slice){ head.p + TAR_BLOCK, more }, pool,
	    &m)))
		return false;
	if (!is_ours(&m, head))
		return false;
	*out = m;
	return true;
}
