/* place.h: what a member of a backup is, by its path.  docs/vmail-backup.5 has
 * the same table for people.
 *
 *	vmail-backup				what this is
 *	installation/NAME			a file of DIR
 *	domains/D/KIND				DIR/KIND.D
 *	domains/D/domain-aliases		names, one a line
 *	domains/D/extra/NAME			a file of extra-aliases
 *	domains/D/auto/NAME			files/D/NAME.auto
 *	domains/D/accounts/U/passwd ...		its lines
 *	domains/D/accounts/U/files/NAME		root's of files/D
 *	domains/D/accounts/U/own/NAME		the account's own of files/D
 *	domains/D/accounts/U/inbox...		an mbox, or a Maildir
 *	domains/D/accounts/U/uids		of the mbox
 *	domains/D/accounts/U/home...
 *	MANIFEST
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>

#include "str.h"
#include "tar.h"

#define PLACE_FACTS	"vmail-backup"
#define PLACE_MANIFEST	"MANIFEST"

enum part {
	PART_FACTS, PART_INSTALLATION, PART_KIND, PART_DOMAIN_ALIASES,
	PART_EXTRA, PART_AUTO, PART_LINES, PART_FILES, PART_OWN, PART_THINGS,
	PART_MANIFEST,
};

struct place {
	enum part	part;
	struct slice	domain, account;	/* empty where there is none */
	/* the rest: NAME, KIND, "passwd", "inbox/cur/1" */
	struct slice	name;
};

/* False: no member of a backup is called so. */
bool	place_parse(const char *path, enum tar_kind kind, struct place *out);

/* Beside DIR/domain.D, what is written as it is; NULL-ended. */
extern const char *const place_kinds[];
/* Files of DIR; NULL-ended. */
extern const char *const place_installation[];
/* Endings in files/D; NULL-ended. */
extern const char *const place_files[];

/* Of passwd, shadow, passwd's grants and U.quota. */
extern const char *const place_lines[];

/* "a/b": steps that lead down, none of them "", "." or "..". */
bool	place_is_below(struct slice path);

#endif
