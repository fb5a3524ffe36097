/* pack_file.h: one file, or directory, as a parcel. */
#ifndef PACK_FILE_H
#define PACK_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "account.h"
#include "err.h"

#define PACK_HOLES	"most of its bytes are holes"

struct packing {
	const struct account	*account;
	int			 out;		/* a file: parcels can be
						 * taken back */
	bool			 with_home;
};

/* One file that is open, as long as it is now: it may grow meanwhile, for ever.
 * *at becomes where its parcel begins, -1 where it is left out for its holes. */
int	pack_file(struct packing *p, int fd, const char *path, off_t *at,
	    struct err *err);
int	pack_directory(struct packing *p, int fd, const char *path,
	    struct err *err);
int	pack_take_back(const struct packing *p, off_t at, struct err *err);

/* Tells why something that cannot be read is not in it. */
int	pack_leave_out(struct packing *p, const char *path, const char *why,
	    struct err *err);

/* Holes take nothing of who makes them, and in a backup as much as bytes do:
 * one file could fill every disk.  What a file system compresses has none. */
bool	pack_is_mostly_holes(int fd, const struct stat *st);

/* pack_file() of a file whatever its holes are. */
int	pack_bytes(struct packing *p, int fd, const struct stat *st,
	    const char *path, off_t *at, struct err *err);

#endif
