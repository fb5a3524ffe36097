/* manifest.h: the last member of a backup: the SHA-256 of each file, as
 * sha256sum(1) writes and checks them, and one of the archive itself.
 */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <sha2.h>

#include "str.h"

enum {
	MANIFEST_HEX = SHA256_DIGEST_STRING_LENGTH - 1,
	/* of the last line, "# all HEX\n" */
	MANIFEST_END = MANIFEST_HEX + 7,
};

/* Ends the sum of a file. */
void	manifest_line(struct str *out, SHA2_CTX *sum, const char *name);

/* The last line: the sum of all that stands before it, which goes on. */
void	manifest_end(struct str *out, const SHA2_CTX *whole);

#endif
