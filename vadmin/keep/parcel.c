/* parcel.c: files on their way between two processes. */
#include "parcel.h"

#include <string.h>

#include "fd.h"
#include "place.h"
#include "scope.h"

int
parcel_put(int fd, enum parcel_kind kind, const struct tar_member *m,
    struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };
	const struct parcel head = {
		.kind = kind, .member = m->kind, .mode = m->mode,
		.path_len = (uint32_t)strlen(m->path),
		.target_len = (uint32_t)strlen(m->target),
		.size = m->size, .time = m->time,
	};

	str_add(&text, &head, sizeof head);
	str_adds(&text, m->path);
	str_adds(&text, m->target);
	return fd_write(fd, text.s, text.len) == -1 ?
	    err_sys(err, "pass a file on") : 0;
}

static int
strange(struct err *err)
{
	return err_set(err, ERR_INVALID, "what came is no file");
}

static int
get_text(int fd, struct pool *pool, size_t len, const char **out,
    struct err *err)
{
	char *text = pool_alloc(pool, len + 1);
	ssize_t n = fd_read(fd, text, len);

	if (n == -1)
		return err_sys(err, "take a file");
	if ((size_t)n != len || memchr(text, '\0', len) != NULL)
		return strange(err);
	*out = text;
	return 0;
}

static bool
is_member(const struct tar_member *m)
{
	return place_is_below(slice_of(m->path)) &&
	    (m->kind == TAR_LINK) == (m->target[0] != '\0') &&
	    (m->kind == TAR_FILE || m->size == 0);
}

int
parcel_get(int fd, struct pool *pool, enum parcel_kind *kind,
    struct tar_member *m, struct err *err)
{
	struct parcel head;
	ssize_t n = fd_read(fd, &head, sizeof head);

	if (n == -1)
		return err_sys(err, "take a file");
	if (n != sizeof head || head.kind > PARCEL_END ||
	    head.member > TAR_LINK || head.path_len > TAR_PATH_MAX ||
	    head.target_len > TAR_PATH_MAX || head.size > INT64_MAX)
		return strange(err);
	*kind = (enum parcel_kind)head.kind;
	*m = (struct tar_member){
		.kind = (enum tar_kind)head.member, .mode = head.mode & 0777,
		.size = head.size, .time = head.time < 0 ? 0 :
		head.time > INT64_C(0777777777) * 64 ? 0 : head.time,
	};
	if (get_text(fd, pool, head.path_len, &m->path, err) == -1 ||
	    get_text(fd, pool, head.target_len, &m->target, err) == -1)
		return -1;
	return *kind != PARCEL_MEMBER || is_member(m) ? 0 : strange(err);
}
