/* limit.c: how much an account's inbox may hold. */
#include "limit.h"

#include <errno.h>
#include <fcntl.h>

#include "fd.h"
#include "installation.h"
#include "pool.h"
#include "scope.h"

enum { UNIT = 1024, TEXT_MAX = 4096 };

bool
limit_counts(const struct domain *domain, const struct stat *st)
{
	/* A second name can be anybody's way to a file of root's. */
	return S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	    (st->st_uid == 0 || st->st_uid == domain->in->owner ||
	    (domain->one_owner && st->st_uid == domain->owner.uid));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* More than any disk holds is no limit. */
static uint64_t
bytes_of(struct slice digits)
{
	uint64_t kb = 0;

	for (size_t i = 0; i < digits.len && is_digit(digits.p[i]); i++) {
		if (kb > LIMIT_NONE / UNIT / 10 - 1)
			return LIMIT_NONE;
		kb = kb * 10 + (uint64_t)(digits.p[i] - '0');
	}
	return kb == 0 ? LIMIT_NONE : kb * UNIT;
}

bool
limit_parse(struct slice text, struct limit *out)
{
	struct slice rest = text, word = { 0 };

	slice_cut(&rest, '\n', &word);
	if (slice_ends(word, "\r"))
		word.len--;
	word = slice_trim(word);
	if (slice_same(word, SLICE("none")) ||
	    slice_same(word, SLICE("disabled"))) {
		*out = (struct limit){ slice_same(word, SLICE("disabled")),
		    LIMIT_NONE };
		return true;
	}
	size_t at = 0;
	while (at < text.len && !is_digit(text.p[at]))
		at++;
	if (at == text.len || (at > 0 && text.p[at - 1] == '-'))
		return false;
	*out = (struct limit){ false, bytes_of(slice_from(text, at)) };
	return true;
}

/* 1: read, 0: there is none that counts. */
static int
read_file(const struct account *account, const char *path, struct str *text,
    struct err *err)
{
	enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };
	SCOPED(drop_fd) int fd = open(path, FLAGS);
	char chunk[TEXT_MAX];
	struct stat st;

	if (fd == -1)
		/* a link, a device: nobody's who may set a limit */
		return errno == ENOENT || errno == ENOTDIR ||
		    errno == ELOOP || errno == ENXIO ? 0 :
		    err_sys(err, "%s", path);
	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	if (!limit_counts(account->domain, &st))
		return 0;
	ssize_t n = fd_read(fd, chunk, sizeof chunk);
	if (n == -1)
		return err_sys(err, "%s", path);
	str_add(text, chunk, (size_t)n);
	return 1;
}

int
limit_read(const struct account *account, struct limit *out, struct err *err)
{
	const struct domain *domain = account->domain;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	const char *path = pool_format(&pool, "%s/%s/%s.quota",
	    installation_path(domain->in, &pool, domain->in->conf.spool),
	    domain->name, account->name);

	int got = read_file(account, path, &text, err);
	if (got == -1)
		return -1;
	if (got == 1 && limit_parse(str_slice(&text), out))
		return 0;
	*out = (struct limit){ false, domain->conf.inbox_limit == 0 ?
	    LIMIT_NONE : domain->conf.inbox_limit };
	return 0;
}
