/* installation.h: the directory that stands for /etc/vmail, and vmail.conf. */
#ifndef INSTALLATION_H
#define INSTALLATION_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf.h"
#include "deadline.h"
#include "err.h"
#include "pool.h"

#define INSTALLATION_DIR	"/etc/vmail"

struct index_recall;

struct installation {
	struct pool		 pool;
	const char		*path;		/* of the directory, absolute */
	int			 dir;		/* its descriptor */
	/* this process is root: it can become others */
	bool			 as_root;
	/* root; or this process, if vmail.conf is its own */
	uid_t			 owner;
	/* who asks: decides which settings are refused */
	enum conf_program	 program;
	struct vmail_conf	 conf;
	struct settings_lines	 lines;		/* where vmail.conf sets what */
	const char		*hostname;
	const char		*main_domain;	/* canonical */
	bool			 configured;	/* there is a vmail.conf */
	/* Until when the call may take; set by programs that have such. */
	struct deadline		 deadline;
	/* set by programs that log; or NULL */
	void			(*warn)(const char *text);
	/* Set by programs that look many names up (index_recall.h); or
	 * NULL. */
	struct index_recall	*recall;
	/* Who asks may know of some domains alone, by their real names: all
	 * others are as if they were not ours.  NULL: of all. */
	bool			(*shows)(const void *who, const char *domain);
	const void		*shows_to;
};

/* Opens path and reads vmail.conf (which may be missing) for the program.
 * ERR_INVALID: a setting, with file and line; ERR_REFUSED: somebody else can
 * write to a file or directory; ERR_TEMPORARY: a setting that the program
 * does not have yet, or the system's fault. */
int	installation_open(const char *path, enum conf_program program,
	    struct installation *in, struct err *err);
void	drop_installation(struct installation *in);

/* Tells the program of something that does not stop us: a line that is
 * skipped. */
void	installation_warn(const struct installation *in, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* "PATH/vmail.conf:LINE", where it sets this; without line where it does
 * not. */
const char *installation_where(const struct installation *in, struct pool *pool,
	    const char *setting);

/* A path from vmail.conf or domain.D; a relative one is below the directory. */
const char *installation_path(const struct installation *in, struct pool *pool,
	    const char *path);

/* Opens a file of the directory (a link is followed).  Absent is ERR_ABSENT.
 * ERR_REFUSED: somebody besides root and the owner could have written it. */
int	installation_file(const struct installation *in, const char *name,
	    int *fd, struct err *err);

/* The lock that every change of a file below the directory holds, from read
 * to rename; waited for as long as others may need it, or until d. */
int	installation_lock(const struct installation *in, int *fd,
	    struct err *err);
int	installation_lock_by(const struct installation *in, struct deadline d,
	    int *fd, struct err *err);

/* Whether somebody holds it, as far as this process may know. */
bool	installation_is_changed(const struct installation *in);

#endif
