/* archive_read.c: a backup that is read, member by member. */
#include "archive_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"
#include "table.h"
#include "trust.h"

enum { CHUNK = 1 << 16 };

void
drop_archive_index(struct archive_index *index)
{
	drop_mem(&index->domains);
	drop_pool(&index->pool);
}

void
drop_archive_reader(struct archive_reader *r)
{
	drop_fd(&r->fd);
	drop_pool(&r->pool);
}

/* Between the check and the restoring nobody may change it. */
int
archive_open(struct archive_reader *r, const char *path, struct err *err)
{
	struct stat st;

	*r = (struct archive_reader){ .fd = -1, .path = path };
	if (file_open(AT_FDCWD, path, 0, &r->fd, &st, err) == -1)
		return -1;
	if (!trust_file(&st, geteuid()))
		return err_set(err, ERR_REFUSED, "%s: somebody else could "
		    "change it meanwhile: copy it to a file of your own "
		    "(chmod 600)", path);
	return 0;
}

void
archive_seek(struct archive_reader *r, uint64_t at)
{
	r->at = at;
}

static int
broken(const struct archive_reader *r, const char *why, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s: at byte %llu: %s", r->path,
	    (unsigned long long)r->at, why);
}

static int
read_at(const struct archive_reader *r, void *p, size_t size, uint64_t at,
    struct err *err)
{
	ssize_t n = fd_pread(r->fd, p, size, (off_t)at);

	if (n == -1)
		return err_sys(err, "read %s", r->path);
	return (size_t)n == size ? 0 : broken(r, "it ends too early: the "
	    "backup is torn", err);
}

int
archive_next(struct archive_reader *r, struct err *err)
{
	SCOPED(drop_str) struct str head = { 0 };
	size_t need = TAR_BLOCK, have = 0;

	drop_pool(&r->pool);
	for (; need > have; need = tar_needs(str_slice(&head))) {
		str_room(&head, need - have);
		if (read_at(r, head.s + have, need - have, r->at + have,
		    err) == -1)
			return -1;
		have = head.len = need;
	}
	if (need == 0 || !tar_read(str_slice(&head), &r->pool, &r->member) ||
	    !place_parse(r->member.path, r->member.kind, &r->place))
		return broken(r, "this is nothing that a backup has", err);
	r->content = r->at + have;
	r->read = 0;
	r->at = r->content + r->member.size + tar_padding(r->member.size);
	return r->place.part != PART_MANIFEST;
}

ssize_t
archive_read(struct archive_reader *r, void *p, size_t size, struct err *err)
{
	uint64_t left = r->member.size - r->read;

	if (size > left)
		size = (size_t)left;
	if (size > 0 && read_at(r, p, size, r->content + r->read, err) == -1)
		return -1;
	r->read += size;
	return (ssize_t)size;
}

int
archive_read_text(struct archive_reader *r, size_t max, struct str *text,
    struct err *err)
{
	if (r->member.size > max)
		return err_set(err, ERR_INVALID, "%s: longer than %zu bytes",
		    r->member.path, max);
	str_room(text, (size_t)r->member.size);
	ssize_t n = archive_read(r, text->s + text->len,
	    (size_t)r->member.size, err);
	if (n == -1)
		return -1;
	text->len += (size_t)n;
	text->s[text->len] = '\0';
	return 0;
}

/* --- the check ------------------------------------------------------- */

static int
add_domain(const struct archive_reader *r, struct archive_index *index,
    struct table *seen, uint64_t at, struct err *err)
{
	struct archive_domain *last = index->count == 0 ? NULL :
	    &index->domains[index->count - 1];

	if (r->place.domain.len == 0)
		return 0;
	if (last != NULL && slice_is(r->place.domain, last->name)) {
		last->end = r->at;
		return 0;
	}
	const char *name = pool_dup(&index->pool, r->place.domain);
	void **slot = table_at(seen, name);
	if (*slot != NULL)
		return broken(r, "a domain is there twice", err);
	*slot = index;
	if (index->count == index->room) {
		index->room = index->room == 0 ? 16 : 2 * index->room;
		index->domains = mem_grow(index->domains, index->room,
		    sizeof *index->domains);
	}
	index->domains[index->count++] = (struct archive_domain){ name, at,
	    r->at, 0 };
	return 0;
}

/* The first member says what this is, in its first line. */
static int
read_facts(struct archive_reader *r, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	int got = archive_next(r, err);

	if (got == -1)
		return -1;
	if (r->place.part != PART_FACTS)
		return broken(r, "it is no backup of vadmin's", err);
	if (archive_read_text(r, CHUNK, &text, err) == -1)
		return -1;
	return slice_starts(str_slice(&text), "vmail-backup 1\n") ? 1 :
	    broken(r, "it was made by another version", err);
}

static int
read_members(struct archive_reader *r, struct archive_index *index,
    struct err *err)
{
	struct table seen = { 0 };
	uint64_t at = r->at = 0;
	int got = read_facts(r, err);

	while (got == 1 && add_domain(r, index, &seen, at, err) == 0) {
		if (r->place.part == PART_LINES &&
		    slice_is(r->place.name, "passwd"))
			index->domains[index->count - 1].accounts++;
		at = r->at;
		got = archive_next(r, err);
	}
	drop_table(&seen);
	return got == 0 ? 0 : -1;
}

/* Adds the bytes up to there. */
static int
sum_up_to(const struct archive_reader *r, uint64_t end, SHA2_CTX *sum,
    struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);

	for (uint64_t at = 0; at < end; ) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		if (read_at(r, chunk, n, at, err) == -1)
			return -1;
		SHA256Update(sum, (const uint8_t *)chunk, n);
		at += n;
	}
	return 0;
}

/* Zeros, and nothing else. */
static int
check_rest(const struct archive_reader *r, uint64_t from, struct err *err)
{
	char rest[3 * TAR_BLOCK + 1];
	size_t wanted = (size_t)(r->at - from) + 2 * TAR_BLOCK;
	ssize_t n = fd_pread(r->fd, rest, sizeof rest, (off_t)from);

	if (n == -1)
		return err_sys(err, "read %s", r->path);
	if ((size_t)n != wanted)
		return broken(r, "it does not end where a backup ends", err);
	for (size_t i = 0; i < wanted; i++)
		if (rest[i] != '\0')
			return broken(r, "something stands behind its end",
			    err);
	return 0;
}

int
archive_check(struct archive_reader *r, struct archive_index *index,
    struct err *err)
{
	SCOPED(drop_str) struct str wanted = { 0 };
	char line[MANIFEST_END];
	SHA2_CTX sum;

	if (read_members(r, index, err) == -1)
		return -1;
	uint64_t end = r->content + r->member.size;
	if (r->member.size < MANIFEST_END)
		return broken(r, "its checksums are missing", err);
	SHA256Init(&sum);
	if (sum_up_to(r, end - MANIFEST_END, &sum, err) == -1 ||
	    read_at(r, line, sizeof line, end - MANIFEST_END, err) == -1)
		return -1;
	manifest_end(&wanted, &sum);
	if (!slice_equal(str_slice(&wanted), (struct slice){ line,
	    sizeof line }))
		return err_set(err, ERR_INVALID, "%s: its checksum is not that "
		    "of its bytes: it was changed or damaged, and nothing of "
		    "it is restored", r->path);
	memcpy(index->id, line + 6, MANIFEST_HEX);
	return check_rest(r, end, err);
}
