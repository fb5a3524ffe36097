/* postfix_conf.h: Postfix's main.cf, as far as virtual mailboxes need it. */
#ifndef POSTFIX_CONF_H
#define POSTFIX_CONF_H

#include "err.h"
#include "pool.h"
#include "str.h"
#include "table.h"

struct postfix_conf {
	struct pool	*pool;
	const char	*file;		/* for messages */
	/* where its relative of /etc/postfix is; NULL: there */
	const char	*directory;
	struct table	 values;	/* struct postfix_value by name */
};

struct postfix_value {
	const char	*text;
	const char	*where;		/* FILE:LINE, or what said so */
};

/* path, or "-" for standard input. */
int	postfix_conf_read(struct postfix_conf *conf, struct pool *pool,
	    const char *path, struct err *err);
void	drop_postfix_conf(struct postfix_conf *conf);
void	postfix_conf_set(struct postfix_conf *conf, const char *name,
	    struct slice text, const char *where);

/* What is said of it, or Postfix's default; NULL: nothing.  References to other
 * parameters are replaced. */
const char *postfix_conf_text(const struct postfix_conf *conf,
	    const char *name);
const char *postfix_conf_where(const struct postfix_conf *conf,
	    const char *name);

/* The domain of names without one: myorigin, or the first line of the file that
 * it names; NULL: it is not said. */
const char *postfix_conf_origin(const struct postfix_conf *conf);

/* Where a file of the machine of main.cf is here: what lay in /etc/postfix
 * lies beside it. */
const char *postfix_conf_path(const struct postfix_conf *conf,
	    const char *path);

/* The lines of a file of Postfix's, comments left out and continued ones put
 * together. */
struct postfix_lines {
	struct slice	rest;
	unsigned	next;		/* number of the next, less one */
	struct str	line;
	unsigned	number;		/* where it begins */
};
bool	postfix_lines_next(struct postfix_lines *lines, struct slice *line);
void	drop_postfix_lines(struct postfix_lines *lines);

#endif
