/* selectors.c: under which names the keys of a domain's signatures stand in
 * the DNS, as the signers of this machine are configured. */
#include "selectors.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "lines.h"
#include "scope.h"

/* Where the two programs' packages have them, below /. */
#define OPENDKIM_CONF	"etc/opendkim.conf"
#define RSPAMD_CONF	"etc/rspamd/local.d/dkim_signing.conf"
#define RSPAMD_KEYS	"var/lib/rspamd/dkim"

struct looking {
	int			 root;
	struct pool		*pool;
	struct slice		 domain;
	struct selectors	*all;
};

/* Labels of a domain, joined by dots (RFC 6376, 3.1). */
static bool
is_selector(struct slice name)
{
	if (name.len == 0 || name.len > 63 || name.p[0] == '.' ||
	    slice_ends(name, "."))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_' || (c == '.' && name.p[i - 1] != '.')))
			return false;
	}
	return true;
}

void
selectors_add(struct selectors *all, struct pool *pool, struct slice name)
{
	if (!is_selector(name) || all->count == SELECTORS_MAX)
		return;
	for (size_t i = 0; i < all->count; i++)
		if (slice_same(slice_of(all->name[i]), name))
			return;
	all->name[all->count++] = pool_lower(pool, name);
}

/* --- a file, line by line ------------------------------------------------ */

typedef void on_line(struct looking *look, struct slice line);

static void
each_line(struct looking *look, const char *path, on_line *fn)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line;
	struct err err;

	while (path[0] == '/')
		path++;
	if (file_open(look->root, path, 0, &fd, NULL, &err) == -1)
		return;
	lines.fd = fd;
	while (lines_next(&lines, &line, &err) == 1) {
		line = slice_trim(line);
		if (line.len > 0 && line.p[0] != '#')
			fn(look, line);
	}
}

/* --- OpenDKIM ------------------------------------------------------------ */

/* "name domain:selector:key"; the domain % is whichever signs. */
static void
key_table_line(struct looking *look, struct slice line)
{
	struct slice name, value, domain = { 0 }, selector = { 0 };

	if (!slice_word(&line, &name) || !slice_word(&line, &value))
		return;
	slice_cut(&value, ':', &domain);
	slice_cut(&value, ':', &selector);
	if (slice_same(domain, look->domain) || slice_is(domain, "%"))
		selectors_add(look->all, look->pool, selector);
}

/* "Name value"; a table is a file, perhaps with its type before it. */
struct opendkim {
	struct slice	domain, selector, table;
};

static bool
is_one_of(struct slice list, struct slice wanted)
{
	struct slice word;

	while (slice_word(&list, &word))
		if (slice_same(word, wanted) || slice_is(word, "*"))
			return true;
	return false;
}

static void
opendkim_line(struct opendkim *conf, struct pool *pool, struct slice line)
{
	const struct {
		struct slice	 name;
		struct slice	*value;
	} wanted[] = {
		{ SLICE("domain"), &conf->domain },
		{ SLICE("selector"), &conf->selector },
		{ SLICE("keytable"), &conf->table },
	};
	struct slice name;

	if (!slice_word(&line, &name))
		return;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (slice_same(name, wanted[i].name))
			*wanted[i].value = slice_of(pool_dup(pool,
			    slice_trim(line)));
}

static void
look_at_opendkim(struct looking *look)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct opendkim conf = { 0 };
	struct slice line, kind, rest;
	struct err err;

	if (file_open(look->root, OPENDKIM_CONF, 0, &fd, NULL, &err) == -1)
		return;
	lines.fd = fd;
	while (lines_next(&lines, &line, &err) == 1)
		opendkim_line(&conf, look->pool, slice_trim(line));
	if (conf.table.len == 0) {
		if (is_one_of(conf.domain, look->domain))
			selectors_add(look->all, look->pool, conf.selector);
		return;
	}
	rest = conf.table;
	slice_cut(&rest, ':', &kind);
	each_line(look, pool_dup(look->pool, rest.p != NULL ? rest :
	    conf.table), key_table_line);
}

/* --- rspamd -------------------------------------------------------------- */

/* "selector = "name";" of all domains. */
static void
rspamd_line(struct looking *look, struct slice line)
{
	struct slice name, value;

	slice_cut(&line, '=', &name);
	if (!slice_is(slice_trim(name), "selector"))
		return;
	slice_cut(&line, ';', &value);
	value = slice_trim(value);
	if (value.len >= 2 && value.p[0] == '"' && slice_ends(value, "\""))
		value = (struct slice){ value.p + 1, value.len - 2 };
	selectors_add(look->all, look->pool, value);
}

/* Its keys are DOMAIN.SELECTOR.key. */
static void
look_at_keys(struct looking *look)
{
	const char *start = pool_format(look->pool, "%.*s.",
	    (int)look->domain.len, look->domain.p);
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(look->root, RSPAMD_KEYS,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		struct slice name = slice_of(entry->d_name);
		if (!slice_starts_same(name, start) ||
		    !slice_ends(name, ".key"))
			continue;
		name = slice_from(name, strlen(start));
		if (name.len <= 4)
			continue;
		name.len -= 4;
		if (!slice_has(name, '.'))	/* of a domain below this one */
			selectors_add(look->all, look->pool, name);
	}
}

void
selectors_in_use(int root, struct pool *pool, const char *domain,
    struct selectors *all)
{
	struct looking look = { root, pool, slice_of(domain), all };

	look_at_opendkim(&look);
	size_t before = all->count;
	look_at_keys(&look);
	/* what it signs all with, where no key has the domain's name */
	if (all->count == before)
		each_line(&look, RSPAMD_CONF, rspamd_line);
}
