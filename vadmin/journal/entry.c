/* entry.c: one entry of the journal as its file holds it. */
#include "entry.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fd.h"
#include "file.h"
#include "scope.h"

void
entry_name(uint64_t number, char name[ENTRY_NAME])
{
	snprintf(name, ENTRY_NAME, "%010" PRIu64, number);
}

/* --- written --------------------------------------------------------------- */

void
entry_add(struct str *out, const char *key, struct slice value)
{
	str_addf(out, "%s %zu ", key, value.len);
	str_addslice(out, value);
	str_addc(out, '\n');
}

void
entry_adds(struct str *out, const char *key, const char *value)
{
	entry_add(out, key, slice_of(value));
}

static void
add_number(struct str *out, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, value);
	entry_adds(out, key, text);
}

void
entry_add_step(struct str *out, const struct journal_step *step)
{
	const struct hunk *hunk = &step->hunk;

	entry_adds(out, "step", step_kind_name(step->kind));
	entry_adds(out, "path", step->path);
	if (step->to != NULL)
		entry_adds(out, "to", step->to);
	entry_adds(out, "was", step->was ? "yes" : "no");
	entry_adds(out, "is", step->is ? "yes" : "no");
	if (step->said != NULL)
		entry_adds(out, "said", step->said);
	if (step->lost)
		entry_adds(out, "lost", "yes");
	add_number(out, "uid", step->owner.uid);
	add_number(out, "gid", step->owner.gid);
	add_number(out, "mode", step->mode);
	if (step->kind == CHANGE_FILE || step->kind == CHANGE_LINK) {
		add_number(out, "at", hunk->at);
		entry_add(out, "old", hunk->old);
		entry_add(out, "new", hunk->new);
		entry_add(out, "before", hunk->before);
		entry_add(out, "behind", hunk->behind);
	}
	entry_adds(out, "end", "");
}

/* --- read ------------------------------------------------------------------ */

/* False at the end, and where a write was cut. */
static bool
next_record(struct slice *rest, struct slice *key, struct slice *value)
{
	struct slice at = *rest, size;
	uint64_t len;

	if (!slice_cut(&at, ' ', key) || !slice_cut(&at, ' ', &size) ||
	    slice_number(size, SIZE_MAX, &len) == -1 || len >= at.len ||
	    at.p[len] != '\n')
		return false;
	*value = (struct slice){ at.p, (size_t)len };
	*rest = slice_from(at, (size_t)len + 1);
	return true;
}

/* The members of an entry that are texts. */
static const struct {
	const char	*key;
	size_t		 offset;
} texts[] = {
	{ "vmail-journal", offsetof(struct entry_file, version) },
	{ "time", offsetof(struct entry_file, time) },
	{ "who", offsetof(struct entry_file, who) },
	{ "as", offsetof(struct entry_file, as) },
	{ "from", offsetof(struct entry_file, from) },
	{ "operation", offsetof(struct entry_file, operation) },
	{ "result", offsetof(struct entry_file, result) },
	{ "text", offsetof(struct entry_file, text) },
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static void
take_text(struct entry_file *entry, struct pool *pool, struct slice key,
    struct slice value)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (slice_is(key, texts[i].key))
			*(const char **)((char *)entry + texts[i].offset) =
			    pool_dup(pool, value);
}

static void
take_word(struct entry_file *entry, struct pool *pool, struct slice value)
{
	pool_append(pool, &entry->words.word, &entry->words.count, value);
}

static void
take_records(struct entry_file *entry, struct pool *pool)
{
	struct slice rest = { entry->map, entry->len }, key, value;
	bool in_step = false;

	for (;;) {
		const char *start = rest.p;
		if (!next_record(&rest, &key, &value))
			return;
		if (slice_is(key, "step")) {
			if (entry->steps.p == NULL)
				entry->steps = (struct slice){ start,
				    entry->len - (size_t)(start - entry->map) };
			in_step = true;
		} else if (slice_is(key, "end"))
			in_step = false;
		else if (!in_step && slice_is(key, "word"))
			take_word(entry, pool, value);
		else if (!in_step)
			take_text(entry, pool, key, value);
	}
}

void
drop_entry_file(struct entry_file *entry)
{
	if (entry->map != NULL)
		munmap(entry->map, entry->len);
	entry->map = NULL;
}

int
entry_read(int dir, uint64_t number, struct pool *pool,
    struct entry_file *out, struct err *err)
{
	SCOPED(drop_entry_file) struct entry_file entry = { .number = number };
	SCOPED(drop_fd) int fd = -1;
	char name[ENTRY_NAME];
	struct stat st;

	entry_name(number, name);
	if (file_open(dir, name, O_NOFOLLOW, &fd, &st, err) == -1)
		return -1;
	for (size_t i = 0; i < TEXTS; i++)
		*(const char **)((char *)&entry + texts[i].offset) = "";
	if (st.st_size > 0) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ,
		    MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			return err_sys(err, "read %s", name);
		entry.map = map;
		entry.len = (size_t)st.st_size;
		take_records(&entry, pool);
	}
	if (entry.operation[0] == '\0')
		return err_set(err, ERR_INVALID, "%s is no entry of a journal",
		    name);
	entry.origin = entry.operation;
	*out = entry;
	entry.map = NULL;
	return 0;
}

/* --- steps ----------------------------------------------------------------- */

static uint64_t
number_of(struct slice value)
{
	uint64_t number = 0;

	return slice_number(value, UINT64_MAX, &number) == -1 ? 0 : number;
}

static void
take_of_hunk(struct hunk *hunk, struct slice key, struct slice value)
{
	if (slice_is(key, "at"))
		hunk->at = number_of(value);
	else if (slice_is(key, "old"))
		hunk->old = value;
	else if (slice_is(key, "new"))
		hunk->new = value;
	else if (slice_is(key, "before"))
		hunk->before = value;
	else if (slice_is(key, "behind"))
		hunk->behind = value;
}

static void
take_of_step(struct journal_step *step, struct pool *pool, struct slice key,
    struct slice value)
{
	if (slice_is(key, "path"))
		step->path = pool_dup(pool, value);
	else if (slice_is(key, "to"))
		step->to = pool_dup(pool, value);
	else if (slice_is(key, "said"))
		step->said = pool_dup(pool, value);
	else if (slice_is(key, "was"))
		step->was = slice_is(value, "yes");
	else if (slice_is(key, "is"))
		step->is = slice_is(value, "yes");
	else if (slice_is(key, "lost"))
		step->lost = slice_is(value, "yes");
	else if (slice_is(key, "uid"))
		step->owner.uid = (uid_t)number_of(value);
	else if (slice_is(key, "gid"))
		step->owner.gid = (gid_t)number_of(value);
	else if (slice_is(key, "mode"))
		step->mode = (mode_t)(number_of(value) & 07777);
	else
		take_of_hunk(&step->hunk, key, value);
}

bool
entry_next_step(struct slice *rest, struct pool *pool, struct journal_step *out)
{
	struct journal_step step = { .path = NULL };
	struct slice key, value;

	if (!next_record(rest, &key, &value) || !slice_is(key, "step") ||
	    !step_kind_named(value, &step.kind))
		return false;
	while (next_record(rest, &key, &value)) {
		if (slice_is(key, "end")) {
			*out = step;
			return step.path != NULL && step.path[0] == '/';
		}
		take_of_step(&step, pool, key, value);
	}
	return false;
}
