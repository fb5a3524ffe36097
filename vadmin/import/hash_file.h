/* hash_file.h: hashes of passwords in a file of Dovecot's passwd-file driver.
 */
#ifndef HASH_FILE_H
#define HASH_FILE_H

#include "pool.h"
#include "report.h"
#include "table.h"

struct known_hash {
	const char	*hash;		/* as shadow.D has it; NULL: none */
	const char	*quota;		/* a limit that stands beside it */
};

struct hash_file {
	struct table	by_address;	/* lower case: struct known_hash */
};

/* Names without @ are in domain, where there is one.  What is no hash of
 * crypt(3) is told in the report. */
int	hash_file_read(struct hash_file *file, struct pool *pool,
	    const char *path, const char *domain, struct report *report,
	    struct err *err);
void	drop_hash_file(struct hash_file *file);
const struct known_hash *hash_file_find(const struct hash_file *file,
	    const char *address);

#endif
