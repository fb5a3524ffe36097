/* maildir_name.c: what the name of a message in a Maildir tells. */
#include "maildir_name.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "maildrop.h"
#include "scope.h"

/* --- a new one --------------------------------------------------------- */

/* '/' and ':' mean something in a Maildir: \057 and \072, says its page. */
static void
add_host(struct str *name, const char *host)
{
	for (const char *p = host; *p != '\0'; p++)
		if (*p == '/' || *p == ':' || *p == ',' || *p <= ' ' ||
		    *p > '~')
			str_addf(name, "\\%03o", (unsigned char)*p);
		else
			str_addc(name, *p);
}

/* FNV-1a: only hosts of one beginning are to be told apart. */
static uint32_t
hash_of(struct slice s)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.p[i]) * 16777619;
	return hash;
}

/* A unique name that is too long to be a unique id of POP3 would be hashed with
 * the sizes behind it, and change with them: of a long host there is its
 * beginning, and a hash of all of it. */
static void
add_fitting_host(struct str *name)
{
	enum { HASHED = 1 + 8 };
	SCOPED(drop_str) struct str whole = { 0 };
	char host[HOST_NAME_MAX + 1];
	size_t room = MAILDROP_UID_MAX - name->len;

	if (gethostname(host, sizeof host) == -1)
		strcpy(host, "localhost");
	host[sizeof host - 1] = '\0';
	add_host(&whole, host);
	if (whole.len <= room) {
		str_addslice(name, str_slice(&whole));
		return;
	}
	str_addslice(name, (struct slice){ str_text(&whole), room - HASHED });
	str_addf(name, "~%08x", hash_of(str_slice(&whole)));
}

int
maildir_name_new(struct str *name, struct err *err)
{
	static unsigned delivered;
	struct timespec now;
	uint32_t random;

	clock_gettime(CLOCK_REALTIME, &now);
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return err_sys(err, "random number");
	/* 60 bytes at most, whatever the clock says */
	str_addf(name, "%lld.M%06ldP%ldQ%uR%08x.", (long long)now.tv_sec,
	    now.tv_nsec / 1000, (long)getpid(), ++delivered, random);
	add_fitting_host(name);
	return 0;
}

bool
maildir_name_is_ours(const char *name)
{
	char random[9] = "";
	int end = 0;

	return sscanf(name, "%*[0-9].M%*[0-9]P%*[0-9]Q%*[0-9]R%8[0-9a-f]%n",
	    random, &end) == 1 && strlen(random) == 8 && name[end] == '.';
}

void
maildir_name_add(struct str *name, char letter, uint64_t number)
{
	str_addf(name, ",%c=%llu", letter, (unsigned long long)number);
}

/* --- what is in one ---------------------------------------------------- */

struct slice
maildir_base(const char *name)
{
	struct slice whole = slice_of(name), base;

	slice_cut(&whole, ':', &base);
	return base;
}

struct slice
maildir_unique(const char *name)
{
	struct slice base = maildir_base(name), unique;

	slice_cut(&base, ',', &unique);
	return unique;
}

static bool
is_part(struct slice part, char letter)
{
	return part.len >= 2 && part.p[0] == letter && part.p[1] == '=';
}

bool
maildir_name_part(const char *name, char letter, struct slice *text)
{
	struct slice rest = maildir_base(name), part;

	slice_cut(&rest, ',', &part);
	while (slice_cut(&rest, ',', &part))
		if (is_part(part, letter)) {
			*text = (struct slice){ part.p + 2, part.len - 2 };
			return true;
		}
	return false;
}

bool
maildir_name_number(const char *name, char letter, uint64_t *number)
{
	struct slice text;

	return maildir_name_part(name, letter, &text) &&
	    slice_number(text, INT64_MAX, number) == 0;
}

void
maildir_name_without(const char *name, char letter, struct str *out)
{
	struct slice rest = maildir_base(name), part;
	const char *flags = name + rest.len;

	slice_cut(&rest, ',', &part);
	str_addslice(out, part);
	while (slice_cut(&rest, ',', &part))
		if (!is_part(part, letter)) {
			str_addc(out, ',');
			str_addslice(out, part);
		}
	str_adds(out, flags);
}
