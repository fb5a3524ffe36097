/* index_fuzz.c: an index made, carried along with any change, damaged: what is
 * found is what the file alone tells. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "address.h"
#include "alias_scan.h"
#include "fd.h"
#include "files.h"
#include "index.h"
#include "mem.h"
#include "scope.h"

enum { NAMES_MAX = 24, PATH = 64 };

static struct str warnings;
static unsigned not_believed;

static void
hear(const char *text)
{
	if (strstr(text, "not believed") != NULL)
		not_believed++;
	else if (strstr(text, "has no index") == NULL)
		str_addf(&warnings, "%s\n", text);
}

/* Nothing here has to last, and a disk would be all that is measured. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

struct place {
	struct installation	 in;
	struct domain		 domain;
	bool			 aliases;
	const char		*file;
};

/* What looking for the name says, as text. */
static void
ask(struct place *place, uint64_t index_from, struct slice name,
    struct str *said)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_entry *entry;
	struct account *account;
	struct err err;
	bool several = false;

	place->in.conf.index_from = index_from;
	str_cut(&warnings, 0);
	if (place->aliases) {
		if (alias_find(&place->in, &pool, place->file, name, &entry,
		    &err) == 0)
			str_addf(said, "%s %u-%u %zu %d %s", entry->name,
			    entry->line, entry->last_line, entry->count,
			    entry->again, entry->wrong ? entry->wrong : "");
		else
			str_addf(said, "%d %s", err.kind, err.text);
	} else {
		if (account_find(&place->domain, &pool, name, &account,
		    &err) == 0)
			str_addf(said, "%s %u %s", account->name,
			    account->line, account->home);
		else
			str_addf(said, "%d %s", err.kind, err.text);
		if (account_find_full_name(&place->domain, &pool, name,
		    &account, &several, &err) == 0)
			str_addf(said, " full %s %u", account->name,
			    account->line);
		str_addf(said, " %d", several);
	}
	str_addf(said, "\n%s", str_text(&warnings));
}

static void
compare(struct place *place, struct slice name)
{
	SCOPED(drop_str) struct str plain = { 0 }, indexed = { 0 };

	ask(place, 0, name, &plain);
	ask(place, 1, name, &indexed);
	promise(slice_equal(str_slice(&plain), str_slice(&indexed)),
	    "an index finds what the file tells");
}

/* --- members --------------------------------------------------------------- */

struct asking {
	struct place	*place;
	int		 fd;
	unsigned	 asked;
};

static bool
has_place(const struct textindex_places *places, off_t offset)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->place[i].offset == offset)
			return true;
	return false;
}

/* Who is meant by a member of the entry there is led to it. */
static void
find_again(struct asking *a, struct slice name, off_t offset)
{
	SCOPED(drop_textindex_places) struct textindex_places places = { 0 };

	promise(!index_ask_entries(&a->place->in, a->place->file, a->fd,
	    INDEX_MEMBER, name, &places) || has_place(&places, offset),
	    "an index has every member that it can be asked for");
}

static int
ask_for_members(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct asking *a = arg;
	const char *delimiter = a->place->in.conf.recipient_delimiter;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address;

	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++) {
		const struct alias_member *m = &entry->members[i];
		if ((m->kind != ALIAS_ADDRESS && m->kind != ALIAS_MAILBOX) ||
		    address_parse(&pool, slice_of(m->text), &address,
		    err) == -1)
			continue;
		size_t base = strcspn(address.local, delimiter);
		find_again(a, slice_of(address.local), extent->start);
		find_again(a, (struct slice){ address.local, base },
		    extent->start);
		if (++a->asked == NAMES_MAX)
			return 1;
	}
	return 0;
}

static void
compare_members(struct place *place)
{
	SCOPED(drop_fd) int fd = openat(fuzz_dir(), place->file,
	    O_RDONLY | O_CLOEXEC);
	struct asking asking = { place, fd, 0 };
	struct err err;

	place->in.conf.index_from = 1;
	if (place->aliases && fd != -1)
		promise(alias_scan_extents("", fd, NULL, ask_for_members,
		    &asking, &err) == 0, "the file can be read");
}

/* Words that may be names, of whatever text. */
static void
compare_all(struct place *place, struct slice text)
{
	struct slice line, field;
	int n = 0;

	compare_members(place);
	while (n < NAMES_MAX && slice_cut(&text, '\n', &line))
		for (int i = 0; i < 5 && slice_cut(&line, ':', &field); i++)
			if (i == 0 || i == 4) {
				compare(place, slice_trim(field));
				n++;
			}
}

static void
flip(const char *name, unsigned at, unsigned bits)
{
	SCOPED(drop_fd) int fd = openat(fuzz_dir(), name, O_RDWR | O_CLOEXEC);
	struct stat st;
	char byte;

	if (fd == -1 || fstat(fd, &st) == -1 || st.st_size == 0)
		return;
	off_t where = at % st.st_size;
	promise(pread(fd, &byte, 1, where) == 1, "it can be read");
	byte = (char)(byte ^ (int)bits);
	promise(pwrite(fd, &byte, 1, where) == 1, "it can be damaged");
}

static void
put(struct place *place, struct slice text)
{
	struct err err;

	place->in.conf.index_from = 1;
	promise(files_write(&place->in, place->file, 0644, text, &err) == 0,
	    "a file can be replaced");
}

void
fuzz(struct slice input)
{
	char link[PATH], path[256];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fuzz_dir());
	ssize_t n = readlink(link, path, sizeof path - 1);
	promise(n > 0, "the directory has a path");
	path[n] = '\0';
	struct place place = { .in = { .path = path, .dir = fuzz_dir(),
	    .owner = geteuid(), .warn = hear } };
	place.domain = (struct domain){
		.in = &place.in, .accounts = &passwd_store, .name = "a.test",
		.file = "domain.a.test", .owner = { 7, 60000 },
	};
	static const char *const delimiters[] = { "+", "", "-", "+-", "=", ".",
	    "-._", "#+" };
	unsigned choice = fuzz_choice(&input);
	place.aliases = choice & 1;
	place.in.conf.recipient_delimiter = delimiters[choice >> 1 & 7];
	place.file = place.aliases ? "aliases.a.test" : "passwd.a.test";
	const char *index = place.aliases ? ".aliases.a.test.index" :
	    ".passwd.a.test.index";
	unsigned at = fuzz_choice(&input), page = fuzz_choice(&input),
	    bits = fuzz_choice(&input);
	struct slice first = fuzz_part(&input), second = fuzz_part(&input);

	unlinkat(fuzz_dir(), place.file, 0);
	unlinkat(fuzz_dir(), index, 0);
	not_believed = 0;
	put(&place, first);
	compare_all(&place, first);
	put(&place, second);
	compare_all(&place, first);
	compare_all(&place, second);
	put(&place, input);
	compare_all(&place, second);
	compare_all(&place, input);
	promise(not_believed == 0, "what was carried along is believed");
	flip(index, (page & 3) * 4096 + at, bits);
	compare_all(&place, input);
	fuzz_write(index, second);
	compare_all(&place, input);
}
