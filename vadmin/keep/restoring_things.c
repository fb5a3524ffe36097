/* restoring_things.c: an account's mail, files, limit and home, out of a
 * backup. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "apart.h"
#include "belongings.h"
#include "fd.h"
#include "homes.h"
#include "mailbox.h"
#include "parcel.h"
#include "restoring.h"
#include "scope.h"
#include "spool.h"
#include "unpack.h"

enum { CHUNK = 1 << 16, TEXT_MAX = 1 << 26 };

/* --- what is root's -------------------------------------------------- */

static int
put_admin_file(struct restoring *r, const struct restored *one, int dir,
    const char *ending, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };

	if (archive_read_text(r->reader, TEXT_MAX, &text, err) == -1)
		return -1;
	return restoring_file(r->domain, dir, pool_format(&pool, "%s.%s",
	    one->name, ending), r->reader->member.mode | 0600,
	    str_slice(&text), err);
}

static int
put_quota(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;

	return spool_of_domain(r->domain, true, &dir, err) == -1 ? -1 :
	    put_admin_file(r, one, dir, "quota", err);
}

static int
put_files(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const char *ending = pool_dup(&pool, r->reader->place.name);

	return spool_files(r->domain, true, &dir, err) == -1 ? -1 :
	    put_admin_file(r, one, dir, ending, err);
}

/* --- what is the account's ------------------------------------------- */

static int
send_bytes(struct archive_reader *reader, int out, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n;

	while ((n = archive_read(reader, chunk, sizeof chunk, err)) > 0)
		if (fd_write(out, chunk, (size_t)n) == -1)
			return err_sys(err, "pass a file on");
	return (int)n;
}

static int
send_member(struct archive_reader *reader, int out, struct err *err)
{
	struct tar_member m = reader->member;
	const struct place *place = &reader->place;
	SCOPED(drop_pool) struct pool pool = { 0 };

	m.path = place->part == PART_OWN ? pool_format(&pool, "own/%.*s",
	    (int)place->name.len, place->name.p) :
	    pool_dup(&pool, place->name);
	return parcel_put(out, PARCEL_MEMBER, &m, err) == -1 ? -1 :
	    send_bytes(reader, out, err);
}

static int
send_all(struct restoring *r, const struct restored *one, int out,
    struct err *err)
{
	const struct tar_member last = { .path = "", .target = "" };

	archive_seek(r->reader, one->at);
	while (r->reader->at < one->end) {
		if (archive_next(r->reader, err) == -1)
			return -1;
		if (r->reader->place.part >= PART_OWN &&
		    send_member(r->reader, out, err) == -1)
			return -1;
	}
	return parcel_put(out, PARCEL_END, &last, err);
}

struct receiving {
	struct unpacking	 unpacking;
	int			 other;		/* the sender's end, and */
	int			 archive;	/* what is not this account's */
};

/* Before it becomes anybody it has closed what that one must not see. */
static int
receive(void *arg, struct err *err)
{
	struct receiving *receiving = arg;

	drop_fd(&receiving->other);
	drop_fd(&receiving->archive);
	return unpack_account(&receiving->unpacking, err);
}

/* What the child says is the reason where both fail, unless it was told half:
 * then it knows less than we do. */
static int
pass_on(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_apart) struct apart apart = APART_NONE;
	SCOPED(drop_fd) int in = -1;
	SCOPED(drop_fd) int out = -1;
	struct err said;
	int ends[2], ended;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "make a pipe");
	in = ends[0];
	out = ends[1];
	struct receiving receiving = { { &one->account, in }, out,
	    r->reader->fd };
	if (apart_begin(&apart, account_identity(&one->account), receive,
	    &receiving, err) == -1)
		return -1;
	drop_fd(&in);
	int sent = send_all(r, one, out, err);
	bool gone = sent == -1 && errno == EPIPE;
	drop_fd(&out);
	ended = apart_end(&apart, &said);
	if (ended == -1 && (sent == 0 || gone))
		*err = said;
	return ended == -1 ? -1 : sent;
}

/* --- the whole ------------------------------------------------------- */

static int
put_root_files(struct restoring *r, const struct restored *one,
    struct err *err)
{
	archive_seek(r->reader, one->at);
	while (r->reader->at < one->end) {
		const struct place *place = &r->reader->place;
		if (archive_next(r->reader, err) == -1)
			return -1;
		if (place->part == PART_FILES &&
		    put_files(r, one, err) == -1)
			return -1;
		if (place->part == PART_LINES &&
		    slice_is(place->name, "quota") &&
		    put_quota(r, one, err) == -1)
			return -1;
	}
	return 0;
}

static int
prepare(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (belongings_leftovers(&one->account, &pool, err) == -1 ||
	    mailbox_prepare(&one->account, err) == -1)
		return -1;
	return one->has_home ? homes_make(r->domain, one->name,
	    account_identity(&one->account), err) : 0;
}

int
restoring_things(struct restoring *r, const struct restored *one,
    struct err *err)
{
	if (prepare(r, one, err) == -1 || put_root_files(r, one, err) == -1 ||
	    pass_on(r, one, err) == -1)
		return err_within(err, "%s@%s", one->name, r->domain->name);
	return 0;
}
