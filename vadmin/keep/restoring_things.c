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

struct passing {
	struct archive_reader	*reader;
	struct apart		 apart;
	int			 out;
	uint64_t		 passed;	/* bytes */
};

static uint64_t
passed(void *arg)
{
	const struct passing *p = arg;

	return p->passed;
}

static int
send_bytes(struct passing *p, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n;

	while ((n = archive_read(p->reader, chunk, sizeof chunk, err)) > 0) {
		if (fd_write(p->out, chunk, (size_t)n) == -1)
			return err_sys(err, "pass a file on");
		p->passed += (uint64_t)n;
		if (apart_goes_on(&p->apart, p->passed, err) == -1)
			return -1;
	}
	return (int)n;
}

static int
send_member(struct passing *p, struct err *err)
{
	struct tar_member m = p->reader->member;
	const struct place *place = &p->reader->place;
	SCOPED(drop_pool) struct pool pool = { 0 };

	m.path = place->part == PART_OWN ? pool_format(&pool, "own/%.*s",
	    (int)place->name.len, place->name.p) :
	    pool_dup(&pool, place->name);
	return parcel_put(p->out, PARCEL_MEMBER, &m, err) == -1 ? -1 :
	    send_bytes(p, err);
}

static int
send_all(struct passing *p, const struct restored *one, struct err *err)
{
	const struct tar_member last = { .path = "", .target = "" };

	archive_seek(p->reader, one->at);
	while (p->reader->at < one->end) {
		if (archive_next(p->reader, err) == -1)
			return -1;
		if (p->reader->place.part >= PART_OWN &&
		    send_member(p, err) == -1)
			return -1;
	}
	return parcel_put(p->out, PARCEL_END, &last, err);
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

static void
drop_passing(struct passing *p)
{
	drop_fd(&p->out);
	drop_apart(&p->apart);
}

/* What the child says is the reason where both fail, unless it was told half:
 * then it knows less than we do. */
static int
pass_on(struct restoring *r, const struct restored *one, struct err *err)
{
	SCOPED(drop_passing) struct passing p = { r->reader, APART_NONE, -1, 0 };
	SCOPED(drop_fd) int in = -1;
	struct err said;
	int ends[2];

	if (apart_stream(ends, err) == -1)
		return -1;
	in = ends[0];
	p.out = ends[1];
	struct receiving receiving = { { &one->account, in }, p.out,
	    r->reader->fd };
	if (apart_begin(&p.apart, account_identity(&one->account), receive,
	    &receiving, err) == -1)
		return -1;
	drop_fd(&in);
	int sent = send_all(&p, one, err);
	bool gone = sent == -1 && errno == EPIPE;
	/* It would not hear of the end either. */
	if (sent == -1 && errno == EAGAIN)
		return apart_hangs(err);
	drop_fd(&p.out);
	int ended = apart_end(&p.apart, passed, &p, &said);
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

	if (belongings_make_room(&one->account, &pool, err) == -1 ||
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
