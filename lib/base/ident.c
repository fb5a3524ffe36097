/* ident.c: who a process is, and becoming somebody else for good. */
#include "ident.h"

#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "child.h"
#include "compat.h"
#include "fd.h"
#include "file.h"
#include "lines.h"
#include "scope.h"

enum { ID_MAX = 0xFFFFFFFEu };

/* Calls back for the line of the name (or of the number in the third field);
 * fields are what stands between the colons.  1: found, 0: not. */
static int
find_line(const char *path, struct slice name, struct slice fields[4],
    struct lines *lines, struct err *err)
{
	struct slice line;
	uint64_t wanted, id;
	bool by_number = slice_number(name, ID_MAX, &wanted) == 0;
	int got;

	while ((got = lines_next(lines, &line, err)) == 1) {
		struct slice rest = line;
		for (int n = 0; n < 4; n++)
			if (!slice_cut(&rest, ':', &fields[n]))
				fields[n] = (struct slice){ 0 };
		if (fields[2].p == NULL)
			continue;
		if (slice_equal(fields[0], name) ||
		    (by_number && slice_number(fields[2], ID_MAX, &id) == 0 &&
		    id == wanted))
			return 1;
	}
	return got == -1 ? err_within(err, "%s", path) : 0;
}

static int
look_up(const char *path, struct slice name, uint64_t *id, uint64_t *group,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice fields[4];

	if (file_open(AT_FDCWD, path, 0, &fd, NULL, err) == -1)
		return -1;
	lines.fd = fd;
	int found = find_line(path, name, fields, &lines, err);
	if (found == -1)
		return -1;
	if (found == 1 && slice_number(fields[2], ID_MAX, id) == 0) {
		if (group == NULL ||
		    slice_number(fields[3], ID_MAX, group) == 0)
			return 0;
		return err_set(err, ERR_TEMPORARY,
		    "%s: the line of '%.*s' is broken", path, (int)name.len,
		    name.p);
	}
	return err_set(err, ERR_ABSENT, "%s: nobody is called '%.*s'", path,
	    (int)name.len, name.p);
}

int
ident_of_user(struct slice name, struct ident *out, struct err *err)
{
	uint64_t uid, gid;

	if (look_up("/etc/passwd", name, &uid, &gid, err) == -1) {
		if (err->kind != ERR_ABSENT ||
		    slice_number(name, ID_MAX, &uid) == -1)
			return -1;
		gid = uid;
	}
	*out = (struct ident){ (uid_t)uid, (gid_t)gid };
	return 0;
}

int
ident_of_group(struct slice name, gid_t *out, struct err *err)
{
	uint64_t gid;

	if (slice_number(name, ID_MAX, &gid) == -1 &&
	    look_up("/etc/group", name, &gid, NULL, err) == -1)
		return -1;
	*out = (gid_t)gid;
	return 0;
}

int
ident_parse(struct slice text, struct ident *out, struct err *err)
{
	struct slice rest = text, user, group;
	struct ident who;

	if (!slice_cut(&rest, ':', &user) || user.len == 0)
		return err_set(err, ERR_INVALID, "not USER or USER:GROUP");
	if (ident_of_user(user, &who, err) == -1)
		return -1;
	if (slice_cut(&rest, '\0', &group) &&
	    ident_of_group(group, &who.gid, err) == -1)
		return -1;
	*out = who;
	return 0;
}

bool
ident_is_forbidden(struct ident who)
{
	return who.uid == 0 || who.uid == (uid_t)-1 || who.gid == 0 ||
	    who.gid == (gid_t)-1;
}

static bool
is_exactly(struct ident who)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	return getresuid(&ruid, &euid, &suid) == 0 &&
	    getresgid(&rgid, &egid, &sgid) == 0 && ruid == who.uid &&
	    euid == who.uid && suid == who.uid && rgid == who.gid &&
	    egid == who.gid && sgid == who.gid;
}

static int
become_from_root(struct ident who, struct err *err)
{
	if (ident_is_forbidden(who))
		return err_set(err, ERR_REFUSED,
		    "nothing may run as uid %u gid %u", (unsigned)who.uid,
		    (unsigned)who.gid);
	/* Groups first: afterwards there is no right left to change them. */
	if (setgroups(0, NULL) == -1 ||
	    setresgid(who.gid, who.gid, who.gid) == -1 ||
	    setresuid(who.uid, who.uid, who.uid) == -1)
		return err_sys(err, "become uid %u gid %u", (unsigned)who.uid,
		    (unsigned)who.gid);
	if (compat_drop_capabilities() == -1)
		return err_sys(err, "give up capabilities");
	if (!is_exactly(who) || getgroups(0, NULL) != 0 || setuid(0) == 0 ||
	    setgid(0) == 0)
		return err_set(err, ERR_TEMPORARY,
		    "cannot give up root for good");
	return 0;
}

static bool
is_root(void)
{
	return geteuid() == 0 || getuid() == 0;
}

int
ident_can_become(struct ident who, struct err *err)
{
	if (is_root() || (getuid() == who.uid && geteuid() == who.uid))
		return 0;
	return err_set(err, ERR_REFUSED,
	    "only root can act as uid %u: start it as root or as that user",
	    (unsigned)who.uid);
}

int
ident_become(struct ident who, struct err *err)
{
	int death_signal = 0;
	pid_t parent = getppid();

	/* Another process of that user must not look into this one's memory. */
	prctl(PR_SET_DUMPABLE, 0);
	if (is_root()) {
		/* The kernel forgets it at a change of identity, and says
		 * nothing of a parent that ends meanwhile. */
		prctl(PR_GET_PDEATHSIG, &death_signal);
		if (become_from_root(who, err) == -1)
			return -1;
		if (death_signal != 0)
			child_end_with(parent, death_signal);
		return 0;
	}
	if (ident_can_become(who, err) == -1)
		return -1;
	/* Whoever started us may have given us some, for a port. */
	return compat_drop_capabilities() == -1 ?
	    err_sys(err, "give up capabilities") : 0;
}
