/* index.c: a file of GDBM's, which may be anything that its owner, or a crash,
 * left there. */
#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "scope.h"

enum {
	PRUNED = 64,			/* entries that one answer looks at */
	ENTRY_MIN = 24,			/* bytes of one in an index */
};

void (*index_fatal)(const char *text);

static datum
datum_of(struct slice s)
{
	return (datum){ .dptr = (char *)(uintptr_t)s.p, .dsize = (int)s.len };
}

static struct slice
slice_of_datum(datum d)
{
	return (struct slice){ d.dptr, d.dptr != NULL ? (size_t)d.dsize : 0 };
}

static void
drop_index(GDBM_FILE *index)
{
	if (*index != NULL)
		gdbm_close(*index);
	*index = NULL;
}

/* GDBM closes what it was given, and reads from where that stands. */
static GDBM_FILE
open_index(int fd, int flags)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own == -1 || lseek(own, 0, SEEK_SET) == -1) {
		drop_fd(&own);
		gdbm_errno = GDBM_FILE_OPEN_ERROR;
		return NULL;
	}
	return gdbm_fd_open(own, "index", 0, flags | GDBM_NOLOCK |
	    GDBM_NOMMAP | GDBM_XVERIFY | GDBM_CLOERROR, index_fatal);
}

/* Whether the index is to blame for GDBM's last error, not the system.  One
 * that asks for more memory, or a longer file, than there can be is, too. */
static bool
is_damaged(void)
{
	return gdbm_errno == GDBM_MALLOC_ERROR ||
	    (gdbm_errno != GDBM_NO_ERROR && (!gdbm_check_syserr(gdbm_errno) ||
	    errno == EFBIG || errno == EINVAL));
}

/* What is remembered of the sender.  -1: the index cannot be read. */
static int
fetch(GDBM_FILE index, const struct question *q, struct str *value)
{
	datum got = gdbm_fetch(index, datum_of(str_slice(&q->key)));

	if (got.dptr == NULL)
		return gdbm_errno == GDBM_ITEM_NOT_FOUND ? 0 : -1;
	str_addslice(value, slice_of_datum(got));
	free(got.dptr);
	return 1;
}

int
index_look_up(const struct question *q, int fd, off_t size, struct str *value,
    bool *damaged)
{
	SCOPED(drop_index) GDBM_FILE index = NULL;

	*damaged = false;
	if (size == 0)
		return 0;
	index = open_index(fd, GDBM_READER);
	int got = index != NULL ? fetch(index, q, value) : -1;
	*damaged = got == -1 && is_damaged();
	return got;
}

static datum
next_key(GDBM_FILE index, datum key)
{
	datum next = gdbm_nextkey(index, key);

	free(key.dptr);
	return next;
}

/* From the sender's place on, which is another one each time, so that all of it
 * is met sooner or later. */
static int
prune(GDBM_FILE index, const struct question *q)
{
	datum key = gdbm_nextkey(index, datum_of(str_slice(&q->key)));

	for (int i = 0; i < PRUNED; i++) {
		if (key.dptr == NULL)
			key = gdbm_firstkey(index);
		if (key.dptr == NULL ||
		    slice_equal(slice_of_datum(key), str_slice(&q->key)))
			break;
		datum value = gdbm_fetch(index, key);
		bool gone = value.dptr != NULL &&
		    value_is_expired(q, slice_of_datum(value));
		free(value.dptr);
		datum next = gdbm_nextkey(index, key);
		int bad = gone ? gdbm_delete(index, key) : 0;
		free(key.dptr);
		key = next;
		if (bad != 0) {
			free(key.dptr);
			return -1;
		}
		/* Deleting may move what follows: the next answer goes on. */
		if (gone && key.dptr != NULL && !gdbm_exists(index, key)) {
			free(key.dptr);
			return 0;
		}
	}
	free(key.dptr);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Calls with every entry's last second; those up to oldest are deleted when
 * times is NULL. */
static size_t
visit_all(GDBM_FILE index, const struct question *q, uint64_t *times,
    size_t room, uint64_t oldest)
{
	size_t count = 0;
	datum key = gdbm_firstkey(index);

	while (key.dptr != NULL) {
		datum value = gdbm_fetch(index, key);
		uint64_t last = value.dptr != NULL ?
		    value_last(q, slice_of_datum(value)) : 0;
		free(value.dptr);
		if (times != NULL && count < room)
			times[count] = last;
		count++;
		if (times == NULL && last <= oldest) {
			datum next = gdbm_nextkey(index, key);
			gdbm_delete(index, key);
			free(key.dptr);
			key = next;
		} else {
			key = next_key(index, key);
		}
	}
	return count;
}

/* A full index loses the oldest, a tenth of it.  The sizes say when it is worth
 * to count. */
static int
make_room(GDBM_FILE index, const struct question *q, off_t size)
{
	gdbm_count_t count;

	if ((uint64_t)size / ENTRY_MIN < q->most)
		return 0;
	if (gdbm_count(index, &count) == -1)
		return -1;
	if (count < q->most)
		return 0;
	uint64_t *times = calloc(count + 1, sizeof *times);
	if (times == NULL)
		return -1;
	size_t n = visit_all(index, q, times, count, 0);
	n = n < count ? n : count;
	qsort(times, n, sizeof *times, compare);
	uint64_t drop = count - q->most + q->most / 10;
	uint64_t oldest = n == 0 ? 0 : times[drop < n ? drop : n - 1];
	free(times);
	/* What deleting moved is met the next time round. */
	for (int i = 0; i < 3; i++)
		visit_all(index, q, NULL, 0, oldest);
	return 0;
}

/* --- changing it --------------------------------------------------------- */

static int
copy(int from, int to)
{
	char chunk[65536];
	ssize_t n;
	off_t at = 0;

	while ((n = fd_pread(from, chunk, sizeof chunk, at)) > 0) {
		if (fd_write(to, chunk, (size_t)n) == -1)
			return -1;
		at += n;
	}
	return n == -1 ? -1 : 0;
}

static int
store(GDBM_FILE index, const struct question *q, bool is_new, off_t size,
    struct slice value)
{
	if (!is_new && make_room(index, q, size) == -1)
		return -1;
	if (gdbm_store(index, datum_of(str_slice(&q->key)), datum_of(value),
	    GDBM_REPLACE) != 0)
		return -1;
	return is_new ? 0 : prune(index, q);
}

int
index_replace(const struct question *q, int dir, int old, off_t size,
    struct slice value, bool *damaged)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct err err;

	*damaged = false;
	if (draft_begin(dir, q->name, 0600, &draft, &err) == -1 ||
	    (old != -1 && copy(old, draft.fd) == -1))
		return -1;
	GDBM_FILE index = open_index(draft.fd, old != -1 ? GDBM_WRITER :
	    GDBM_NEWDB);
	if (index == NULL) {
		*damaged = is_damaged();
		return -1;
	}
	int stored = store(index, q, old == -1, size, value);
	*damaged = stored == -1 && is_damaged();
	if (gdbm_close(index) != 0 || stored == -1)
		return -1;
	return draft_commit(&draft, &err);
}
