/* throttle.c: what failed logins cost, over connections. */
#include "throttle.h"

#include <fcntl.h>
#include <time.h>

#include "fd.h"
#include "file.h"
#include "scope.h"

enum {
	WINDOW = 600,			/* seconds */
	FREE = 3,			/* failures in it that cost nothing more */
	DELAY_MS = 1000,		/* after the first */
	DELAY_MAX_MS = 8000,
};

static int
open_memory(struct throttle *t, const struct installation *in, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int state = -1;
	const char *path = installation_path(in, &pool, in->conf.state);

	if (dir_make(AT_FDCWD, path, 0755, &state, err) == -1)
		return -1;
	if (tries_open(state, "logins", &t->tries, err) == -1)
		return err_within(err, "%s", path);
	return 0;
}

static struct slice
peer_name(const struct throttle *t)
{
	return (struct slice){ (const char *)&t->peer, sizeof t->peer };
}

static struct slice
account_name(const struct throttle *t)
{
	return str_slice(&t->account);
}

/* Whether the peer has failed lately: one that is on a pipe may have. */
static int
has_failed(const struct throttle *t, bool *failed, struct err *err)
{
	unsigned count = 1;

	if (t->has_peer && tries_count(&t->tries, TRIES_PEER, peer_name(t),
	    time(NULL), WINDOW, &count, err) == -1)
		return -1;
	*failed = count > 0;
	return 0;
}

/* The peer's turn first, then the account's, and no other after that: nobody
 * waits in a circle. */
static int
wait_for_turn(struct throttle *t, struct deadline d, struct err *err)
{
	bool failed;
	int by_peer = 0, by_account = 0;

	if (t->has_peer && (by_peer = tries_wait(&t->tries, TRIES_PEER,
	    peer_name(t), d, err)) == -1)
		return -1;
	t->has_turn = true;
	if (has_failed(t, &failed, err) == -1)
		return -1;
	if (failed && (by_account = tries_wait(&t->tries, TRIES_ACCOUNT,
	    account_name(t), d, err)) == -1)
		return -1;
	t->has_account = failed;
	t->waited = by_peer == 1 || by_account == 1;
	return 0;
}

/* A file that cannot be read or locked keeps nobody waiting. */
int
throttle_begin(struct throttle *t, const struct installation *in,
    const struct connection *c, struct slice account, struct deadline d,
    struct err *err)
{
	t->err = (struct err){ 0 };
	t->has_peer = c->has_address;
	t->waited = false;
	t->peer = address_network(&c->peer);
	str_cut(&t->account, 0);
	str_addlower(&t->account, account);
	if (t->tries.fd == -1 && open_memory(t, in, &t->err) == -1)
		return 0;
	if (wait_for_turn(t, d, err) == 0)
		return 0;
	if (deadline_over(d))
		return -1;
	t->err = *err;
	return 0;
}

static unsigned
remember(struct throttle *t, enum tries_kind kind, struct slice who)
{
	unsigned count = 0;

	if (tries_add(&t->tries, kind, who, time(NULL), WINDOW, &count,
	    &t->err) == -1)
		return 0;
	return count;
}

static int64_t
doubled(unsigned times)
{
	int64_t ms = DELAY_MS;

	while (times-- > 0 && ms < DELAY_MAX_MS)
		ms *= 2;
	return ms;
}

int64_t
throttle_failed(struct throttle *t, unsigned on_connection)
{
	unsigned most = 0, count;

	if (t->tries.fd != -1) {
		most = remember(t, TRIES_ACCOUNT, account_name(t));
		count = t->has_peer ? remember(t, TRIES_PEER, peer_name(t)) : 0;
		most = count > most ? count : most;
	}
	most = most > FREE ? most - FREE : 0;
	return doubled(most > on_connection - 1 ? most : on_connection - 1);
}

int
throttle_login(struct throttle *t, unsigned seconds, struct err *err)
{
	if (t->tries.fd == -1) {
		*err = t->err;
		return -1;
	}
	return tries_claim(&t->tries, TRIES_LOGIN, account_name(t), time(NULL),
	    seconds, err);
}

void
throttle_no_login(struct throttle *t)
{
	struct err err;

	/* at worst it has to wait */
	(void)tries_take_back(&t->tries, TRIES_LOGIN, account_name(t), &err);
}

void
throttle_leave(struct throttle *t)
{
	if (t->has_account)
		tries_leave(&t->tries, TRIES_ACCOUNT, account_name(t));
	if (t->has_turn && t->has_peer)
		tries_leave(&t->tries, TRIES_PEER, peer_name(t));
	t->has_account = t->has_turn = false;
}

void
drop_throttle(struct throttle *t)
{
	drop_tries(&t->tries);
	drop_str(&t->account);
}
