/* vpasswd.c: vpopmail's files: vpasswd, and the .qmail files beside it. */
#include "vpasswd.h"

#include <string.h>

#include "param.h"

/* What vpopmail keeps in the field of the gid. */
enum { NO_POP = 0x02, NO_IMAP = 0x08, BOUNCE_MAIL = 0x10 };

/* "NOQUOTA", "5242880S,1000C", "10M": bytes, if nothing stands behind the
 * number. */
static const char *
quota_of(struct pool *pool, struct slice field, bool *counts)
{
	struct slice word;
	const char *found = NULL;
	struct err unused;
	uint64_t bytes;

	if (slice_same(field, SLICE("NOQUOTA")))
		return "none";
	while (slice_word(&field, &word)) {
		*counts = *counts || slice_ends(word, "C");
		if (slice_ends(word, "S"))
			word.len--;
		const char *text = pool_dup(pool, word);
		if (slice_number(word, UINT64_MAX >> 1, &bytes) == 0)
			text = pool_format(pool, "%llu",
			    (unsigned long long)(bytes + 1023) / 1024);
		if (param_check(&param_quota, slice_of(text), &unused) == 0)
			found = text;
	}
	return found;
}

int
vpasswd_parse(struct pool *pool, struct slice line, struct vpasswd *out,
    struct err *err)
{
	enum { NAME, HASH, UID, GID, GECOS, DIR, QUOTA, FIELDS };
	struct slice field[FIELDS] = { { 0 } };
	uint64_t forbidden = 0;
	size_t n = 0;

	while (n < FIELDS && slice_cut(&line, ':', &field[n]))
		n++;
	if (n < QUOTA)
		return err_set(err, ERR_INVALID,
		    "a line of vpasswd has seven fields");
	slice_number(field[GID], UINT32_MAX, &forbidden);
	*out = (struct vpasswd){
		.name = pool_lower(pool, field[NAME]),
		.hash = pool_dup(pool, field[HASH]),
		.full_name = pool_dup(pool, field[GECOS]),
		.dir = pool_dup(pool, field[DIR]),
		.no_pop = forbidden & NO_POP, .no_imap = forbidden & NO_IMAP,
		.no_mail = forbidden & BOUNCE_MAIL,
	};
	out->quota = quota_of(pool, field[QUOTA], &out->counts);
	return 0;
}

/* --- .qmail files ------------------------------------------------------- */

static bool
next_line(struct slice *rest, struct slice *line)
{
	while (rest->len > 0 && slice_cut(rest, '\n', line)) {
		*line = slice_trim(*line);
		if (line->len > 0 && !slice_starts(*line, "#"))
			return true;
	}
	return false;
}

/* "&joe@example.com" or "joe@example.com"; "./Maildir/" or "/path/"; whatever
 * else is a command or an mbox. */
void
dot_qmail_read(struct pool *pool, struct slice text, struct dot_qmail *out)
{
	struct slice line;

	*out = (struct dot_qmail){ 0 };
	while (next_line(&text, &line)) {
		if (slice_starts(line, "&"))
			line = slice_trim(slice_from(line, 1));
		bool is_path = strchr("./", line.p[0]) != NULL;
		if (is_path && slice_ends(line, "/"))
			out->maildir = pool_dup(pool, line);
		else if (is_path || !slice_has(line, '@') ||
		    slice_starts(line, "|"))
			out->strange = pool_dup(pool, line);
		else
			str_addf(&out->members, "%s%.*s",
			    out->members.len > 0 ? ", " : "", (int)line.len,
			    line.p);
	}
}

void
drop_dot_qmail(struct dot_qmail *file)
{
	drop_str(&file->members);
}

const char *
dot_qmail_default(struct pool *pool, struct slice text)
{
	struct slice line, word, last = { 0 };

	while (next_line(&text, &line)) {
		if (!slice_starts(line, "|") || memmem(line.p, line.len,
		    "vdelivermail", 12) == NULL)
			continue;
		while (slice_word(&line, &word))
			last = word;
	}
	if (last.len > 1 && (slice_starts(last, "'") ||
	    slice_starts(last, "\"")))
		last = (struct slice){ last.p + 1, last.len - 2 };
	return last.len > 0 ? pool_dup(pool, last) : NULL;
}
