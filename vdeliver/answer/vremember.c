/* vremember.c: remembers who was answered, in an index (GDBM).
 *
 *	vremember NAME once SECONDS NOW MOST
 *	vremember NAME rate COUNT   NOW MOST
 *
 * NAME is the index, in the directory that it was started in, the sender is on
 * standard input.  "once": is there no answer younger than SECONDS (0: none at
 * all)?  "rate": were there fewer than COUNT within the last hour?  One word
 * comes back: "new" (and that is on disk by then), "known", "busy", "broken".
 *
 * The index may be anything that its owner, or a crash, left there.  So this
 * process is the owner, without a right more, with little memory and time; and
 * an index is never changed in place: a copy is, and then renamed over it.
 * What is not understood is set aside as NAME.damaged, and a new one begun,
 * which remembers this sender.
 *
 * Values: "once" has the second of the last answer, in decimal; "rate" has
 * "MINUTE:COUNT" for each minute of the last hour that there were some in.
 */
#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "lock.h"
#include "scope.h"
#include "str.h"

enum {
	KEY_MAX = 1024,
	INDEX_MAX = 64 * 1024 * 1024,
	MEMORY_MAX = 256 * 1024 * 1024,
	CPU_SECONDS = 5,
	TRIES = 40, PAUSE_MS = 50,	/* for the lock */
	PRUNED = 64,			/* entries that one answer looks at */
	ENTRY_MIN = 24,			/* bytes of one in an index */
	HOUR = 60,			/* minutes */
	BUCKETS = 64,
};

enum kind { ONCE, RATE };

struct question {
	const char	*name;
	const char	*aside;			/* NAME.damaged */
	enum kind	 kind;
	uint64_t	 amount, now, most;
	struct str	 key;
};

enum verdict { NEW, KNOWN, BUSY, BROKEN };

static _Noreturn void
say(enum verdict verdict)
{
	static const char *const words[] = { "new\n", "known\n", "busy\n",
	    "broken\n" };

	_exit(fd_write(STDOUT_FILENO, words[verdict],
	    strlen(words[verdict])) == -1 ? EX_TEMPFAIL : 0);
}

/* What GDBM cannot go on from, crashes on, or never comes to an end with, is set
 * aside without any more of it: the new index is empty. */
static const struct question *asked;
static int asked_in = -1;

static _Noreturn void
give_up(void)
{
	int fd = -1;

	if (asked_in != -1 && renameat(asked_in, asked->name, asked_in,
	    asked->aside) == 0)
		fd = openat(asked_in, asked->name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	drop_fd(&fd);
	say(BROKEN);
}

static void
end_fatally(const char *text)
{
	(void)text;
	give_up();
}

/* --- values ------------------------------------------------------------- */

struct bucket { uint64_t minute, count; };

/* Decimal, with what old programs put behind it: a NUL, a line end. */
static bool
number(struct slice s, uint64_t *out)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\0' ||
	    s.p[s.len - 1] == '\n'))
		s.len--;
	return slice_number(s, INT64_MAX, out) == 0;
}

static size_t
buckets_of(struct slice value, struct bucket buckets[BUCKETS])
{
	struct slice word, minute;
	size_t count = 0;

	while (count < BUCKETS && slice_word(&value, &word)) {
		struct bucket b;
		if (slice_cut(&word, ':', &minute) &&
		    slice_number(minute, INT64_MAX, &b.minute) == 0 &&
		    slice_number(word, INT64_MAX, &b.count) == 0)
			buckets[count++] = b;
	}
	return count;
}

/* The last second that the value speaks of; 0: it says nothing. */
static uint64_t
last_of(const struct question *q, struct slice value)
{
	struct bucket buckets[BUCKETS];
	uint64_t last = 0;

	if (q->kind == ONCE)
		return number(value, &last) ? last : 0;
	size_t n = buckets_of(value, buckets);
	for (size_t i = 0; i < n; i++)
		if (buckets[i].minute > last && buckets[i].minute <
		    INT64_MAX / 60)
			last = buckets[i].minute;
	return last * 60;
}

static bool
is_expired(const struct question *q, struct slice value)
{
	uint64_t last = last_of(q, value);
	uint64_t lasts = q->kind == RATE ? (HOUR + 1) * 60 : q->amount;

	/* What is not understood may be of yesterday. */
	if (q->kind == ONCE && last == 0)
		return false;
	return lasts != 0 && last <= q->now && q->now - last >= lasts;
}

/* A minute counts as a whole: never more than the rate within an hour.  True:
 * *next is what is to be remembered of one answer more. */
static bool
rate_allows(const struct question *q, struct slice value, struct str *next)
{
	struct bucket buckets[BUCKETS];
	size_t n = buckets_of(value, buckets);
	uint64_t minute = q->now / 60, sum = 0, here = 1;

	for (size_t i = 0; i < n; i++) {
		const struct bucket *b = &buckets[i];
		if (b->minute > minute || minute - b->minute > HOUR)
			continue;
		sum += b->count;
		if (b->minute == minute)
			here += b->count;
		else
			str_addf(next, "%" PRIu64 ":%" PRIu64 " ", b->minute,
			    b->count);
	}
	str_addf(next, "%" PRIu64 ":%" PRIu64, minute, here);
	return sum < q->amount;
}

/* --- an index ------------------------------------------------------------ */

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
	    GDBM_NOMMAP | GDBM_XVERIFY | GDBM_CLOERROR, end_fatally);
}

/* Whether the index is to blame for GDBM's last error, not the system.  One that
 * asks for more memory, or a longer file, than there can be is, too. */
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
		    is_expired(q, slice_of_datum(value));
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
		    last_of(q, slice_of_datum(value)) : 0;
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

/* A full index loses the oldest, a tenth of it.  The sizes say when it is worth to
 * count. */
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

/* Stores the value in a copy of old (-1: in a new index), and puts it in its
 * place.  -1: *damaged tells whether that is the old one's fault. */
static int
replace(const struct question *q, int dir, int old, off_t size,
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

static enum verdict
begin_anew(const struct question *q, int dir, struct slice value)
{
	bool unused;

	if (renameat(dir, q->name, dir, q->aside) == 0)
		replace(q, dir, -1, 0, value, &unused);
	return BROKEN;
}

static bool
can_be_one(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	    (st->st_uid == geteuid() || st->st_uid == 0);
}

/* Opens it and has its lock, and it is still what has the name.  1, 0: somebody
 * else has it, -1: it is none. */
static int
open_locked(const struct question *q, int dir, int *fd, struct stat *st)
{
	enum { FLAGS = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };
	struct stat named;
	struct err err;

	for (int i = 0; i < TRIES; i++) {
		drop_fd(fd);
		*fd = openat(dir, q->name, FLAGS);
		if (*fd == -1 || fstat(*fd, st) == -1 || !can_be_one(st) ||
		    st->st_size > INDEX_MAX)
			return -1;
		int got = lock_try(*fd, &err);
		if (got == -1)
			return -1;
		if (got == 1 && fstat(*fd, st) == 0 &&
		    fstatat(dir, q->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    named.st_ino == st->st_ino && named.st_dev == st->st_dev)
			return 1;
		poll(NULL, 0, got == 1 ? 0 : PAUSE_MS);
	}
	return 0;
}

/* What is there of the sender.  -1: the index is none; *damaged where it is the
 * index that is to blame. */
static int
look_up(const struct question *q, int fd, off_t size, struct str *value,
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

/* A value that cannot be, or one from days to come, becomes one of today; but
 * somebody was answered once. */
static bool
is_odd(const struct question *q, struct slice value)
{
	enum { DAY = 86400 };
	uint64_t last = last_of(q, value);

	return q->kind == ONCE && (last == 0 || last > q->now + DAY);
}

static bool
is_due(const struct question *q, bool found, struct slice value,
    struct str *next)
{
	if (q->kind == RATE)
		return rate_allows(q, value, next);
	str_addf(next, "%" PRIu64, q->now);
	return !found || is_expired(q, value);
}

static enum verdict
answer(const struct question *q, int dir)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str value = { 0 }, next = { 0 };
	struct stat st;
	bool damaged;

	int locked = open_locked(q, dir, &fd, &st);
	if (locked != 1)
		return locked == 0 ? BUSY : BROKEN;
	int got = look_up(q, fd, st.st_size, &value, &damaged);
	bool due = is_due(q, got == 1, str_slice(&value), &next);
	if (got == -1)
		return damaged ? begin_anew(q, dir, str_slice(&next)) :
		    BROKEN;
	bool odd = got == 1 && is_odd(q, str_slice(&value));
	if (!due && !odd)
		return KNOWN;
	if (replace(q, dir, st.st_size > 0 ? fd : -1, st.st_size,
	    str_slice(&next), &damaged) == 0)
		return odd ? KNOWN : NEW;
	return damaged && st.st_size > 0 ? begin_anew(q, dir,
	    str_slice(&next)) : BROKEN;
}

/* --- the call ------------------------------------------------------------ */

static void
end_by_signal(int signo)
{
	(void)signo;
	give_up();
}

static void
catch_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
	    SIGABRT, SIGXCPU };
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = {
		.sa_handler = end_by_signal,
		.sa_flags = SA_ONSTACK | (int)SA_RESETHAND,
	};

	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGXFSZ, SIG_IGN);
}

static void
limit(int what, rlim_t most)
{
	const struct rlimit limits = { most, most + (what == RLIMIT_CPU) };

	setrlimit(what, &limits);
}

/* What a hostile index can make GDBM do stays small. */
static void
confine(void)
{
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, MEMORY_MAX);
#endif
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_FSIZE, INDEX_MAX + INDEX_MAX / 4);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool
read_question(char **argv, struct question *q)
{
	char key[KEY_MAX];

	q->name = argv[1];
	q->kind = strcmp(argv[2], "rate") == 0 ? RATE : ONCE;
	if (strchr(q->name, '/') != NULL ||
	    (q->kind == ONCE && strcmp(argv[2], "once") != 0) ||
	    slice_number(slice_of(argv[3]), INT64_MAX, &q->amount) == -1 ||
	    slice_number(slice_of(argv[4]), INT64_MAX, &q->now) == -1 ||
	    slice_number(slice_of(argv[5]), INT64_MAX, &q->most) == -1)
		return false;
	ssize_t n = fd_read(STDIN_FILENO, key, sizeof key);
	if (n <= 0 || n == (ssize_t)sizeof key)
		return false;
	str_addlower(&q->key, (struct slice){ key, (size_t)n });
	return true;
}

int
main(int argc, char **argv)
{
	SCOPED(drop_str) struct str aside = { 0 };
	struct question q = { 0 };
	int dir;

	confine();
	catch_signals();
	if (argc != 6 || !read_question(argv, &q)) {
		fprintf(stderr, "usage: vremember name once|rate amount now "
		    "most <sender\n");
		return EX_USAGE;
	}
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		say(BROKEN);
	str_addf(&aside, "%s.damaged", q.name);
	q.aside = str_text(&aside);
	asked = &q;
	asked_in = dir;
	say(answer(&q, dir));
}
