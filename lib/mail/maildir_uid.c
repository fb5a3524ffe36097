/* maildir_uid.c: the unique id of a message in a Maildir, which its name tells. */
#include "maildir_uid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "maildir_name.h"

static void
hash(struct slice s, char uid[MAILDROP_UID_MAX + 1])
{
	XXH128_hash_t got = XXH3_128bits(s.p, s.len);

	snprintf(uid, MAILDROP_UID_MAX + 1, "%016" PRIx64 "%016" PRIx64,
	    (uint64_t)got.high64, (uint64_t)got.low64);
}

static bool
is_usable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7E)
			return false;
	return s.len >= 1 && s.len <= MAILDROP_UID_MAX;
}

void
maildir_uid(const char *name, char uid[MAILDROP_UID_MAX + 1])
{
	struct slice unique = maildir_unique(name);

	if (is_usable(unique)) {
		memcpy(uid, unique.p, unique.len);
		uid[unique.len] = '\0';
	} else {
		hash(maildir_base(name), uid);
	}
}

bool
maildir_uid_is_unique_name(const char *name)
{
	return is_usable(maildir_unique(name));
}
