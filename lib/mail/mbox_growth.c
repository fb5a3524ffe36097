/* mbox_growth.c: whether an mbox file has done nothing but grow since. */
#include "mbox_growth.h"

#include <stdio.h>

/* "since INODE" and twice size, modified and changed, seconds and nanoseconds
 * each. */
static const char form[] = "since %llu %lld %lld %ld %lld %ld "
    "%lld %lld %ld %lld %ld\n%n";

void
mbox_growth_add(struct str *out, const struct stamp *since,
    const struct stamp *now)
{
	const struct stamp *both[] = { since, now };

	str_addf(out, "since %llu", (unsigned long long)since->ino);
	for (size_t i = 0; i < 2; i++)
		str_addf(out, " %lld %lld %ld %lld %ld",
		    (long long)both[i]->size,
		    (long long)both[i]->modified.tv_sec,
		    both[i]->modified.tv_nsec,
		    (long long)both[i]->changed.tv_sec,
		    both[i]->changed.tv_nsec);
	str_addc(out, '\n');
}

void
mbox_growth_read(const char *text, const struct stamp *now,
    struct stamp *since)
{
	struct { long long size, ms, cs; long mns, cns; } was, is;
	unsigned long long ino;
	int used = 0;

	*since = (struct stamp){ 0 };
	if (sscanf(text, form, &ino, &was.size, &was.ms, &was.mns, &was.cs,
	    &was.cns, &is.size, &is.ms, &is.mns, &is.cs, &is.cns, &used) != 11)
		return;
	struct stamp found = { now->dev, ino, is.size,
	    { is.ms, is.mns }, { is.cs, is.cns } };
	if (used > 0 && text[used - 1] == '\n' && was.size <= is.size &&
	    stamp_same(&found, now))
		*since = (struct stamp){ now->dev, ino, was.size,
		    { was.ms, was.mns }, { was.cs, was.cns } };
}
