/* err.h: why something failed, as a kind for programs and words for people.
 *
 * What can fail returns 0 or -1 and fills a struct err, its last parameter.
 * The setters return -1, so that failing is one line.  Each face of a program
 * turns the kind into its exit status or reply in one function.
 */
#ifndef ERR_H
#define ERR_H

#include <stdarg.h>
#include <stdbool.h>

enum err_kind {
	ERR_NONE,
	/* this machine cannot do it now; nothing is wrong with what was
	 * asked */
	ERR_TEMPORARY,
	ERR_ABSENT,	/* what was asked for does not exist */
	/* what was given breaks the rules: a setting, an address, a file's
	 * line */
	ERR_INVALID,
	/* it exists and is well-formed, but a rule forbids it */
	ERR_REFUSED,
	ERR_BUSY,	/* somebody else is using it */
	ERR_EXISTS,	/* what was to be made is there already */
	ERR_FULL,	/* a limit that somebody set leaves no room */
};

/* The text is one sentence fragment without a final dot or newline; longer
 * text is cut. */
struct err {
	enum err_kind	kind;
	char		text[512];
};

/* All four are -1 where they stand, which compilers and readers can see.
 * (The err_fill functions below are for a place that does not fail.)
 *
 * err_set(err, kind, fmt, ...): the words.
 * err_sys(err, fmt, ...): the words, then errno's.  Always temporary: only code
 * that knows what an errno means at its place says anything else.
 * err_open(err, name): the same after an open(): what is not there is
 * ERR_ABSENT, a link or the wrong kind of file is ERR_REFUSED. err_within(err,
 * fmt, ...): "words: " before the text that is there; the kind stays. */
#define err_set(...)	(err_fill(__VA_ARGS__), -1)
#define err_sys(...)	(err_fill_sys(__VA_ARGS__), -1)
#define err_open(...)	(err_fill_open(__VA_ARGS__), -1)
#define err_within(...)	(err_fill_within(__VA_ARGS__), -1)

void	err_fill(struct err *err, enum err_kind kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	err_fill_sys(struct err *err, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	err_fill_open(struct err *err, const char *name);
void	err_fill_within(struct err *err, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* What errno says, which err_sys() and its sisters leave as it was: the disk is
 * full, or a quota. */
bool	err_no_room(void);

#endif
