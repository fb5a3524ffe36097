/* postfix_conf.c: Postfix's main.cf, as far as virtual mailboxes need it. */
#include "postfix_conf.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "scope.h"

enum { CONF_MAX = 1 << 20, DEPTH_MAX = 20 };

/* --- lines -------------------------------------------------------------- */

static bool
goes_on(struct slice rest)
{
	return rest.len > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

static bool
is_nothing(struct slice line)
{
	struct slice text = slice_trim(line);

	return text.len == 0 || slice_starts(text, "#");
}

static struct slice
cut_line(struct postfix_lines *lines)
{
	struct slice line = { 0 };

	slice_cut(&lines->rest, '\n', &line);
	lines->next++;
	if (slice_ends(line, "\r"))
		line.len--;
	return line;
}

/* Comments and empty lines may stand within a continued line. */
bool
postfix_lines_next(struct postfix_lines *lines, struct slice *line)
{
	struct slice one = { 0 };

	str_cut(&lines->line, 0);
	while (lines->rest.len > 0 && is_nothing(one = cut_line(lines)))
		continue;
	if (is_nothing(one))
		return false;
	lines->number = lines->next;
	str_addslice(&lines->line, slice_trim(one));
	while (lines->rest.len > 0) {
		struct postfix_lines before = *lines;
		one = cut_line(lines);
		if (!is_nothing(one) && !goes_on(one)) {
			lines->rest = before.rest;
			lines->next = before.next;
			break;
		}
		if (is_nothing(one))
			continue;
		str_addc(&lines->line, ' ');
		str_addslice(&lines->line, slice_trim(one));
	}
	*line = str_slice(&lines->line);
	return true;
}

void
drop_postfix_lines(struct postfix_lines *lines)
{
	drop_str(&lines->line);
}

/* --- parameters --------------------------------------------------------- */

void
postfix_conf_set(struct postfix_conf *conf, const char *name,
    struct slice text, const char *where)
{
	struct postfix_value *value = pool_alloc(conf->pool, sizeof *value);

	value->text = pool_dup(conf->pool, text);
	value->where = where;
	*table_at(&conf->values, pool_dup(conf->pool, slice_of(name))) = value;
}

static void
read_text(struct postfix_conf *conf, struct slice text)
{
	SCOPED(drop_postfix_lines) struct postfix_lines lines = {
		.rest = text };
	struct slice line, name;

	while (postfix_lines_next(&lines, &line)) {
		if (!slice_has(line, '='))
			continue;
		slice_cut(&line, '=', &name);
		postfix_conf_set(conf, pool_dup(conf->pool, slice_trim(name)),
		    slice_trim(line), pool_format(conf->pool, "%s:%u",
		    conf->file, lines.number));
	}
}

int
postfix_conf_read(struct postfix_conf *conf, struct pool *pool,
    const char *path, struct err *err)
{
	SCOPED(drop_fd) int own = -1;
	SCOPED(drop_str) struct str text = { 0 };
	bool is_stdin = strcmp(path, "-") == 0;
	const char *slash = strrchr(path, '/');

	*conf = (struct postfix_conf){ .pool = pool,
	    .file = is_stdin ? "standard input" : path };
	if (!is_stdin) {
		conf->directory = slash == NULL ? "." : pool_dup(pool,
		    (struct slice){ path, (size_t)(slash - path) });
		if (file_open(AT_FDCWD, path, 0, &own, NULL, err) == -1)
			return -1;
	}
	if (file_read(is_stdin ? STDIN_FILENO : own, CONF_MAX, &text,
	    err) == -1)
		return err_within(err, "%s", conf->file);
	read_text(conf, str_slice(&text));
	return 0;
}

void
drop_postfix_conf(struct postfix_conf *conf)
{
	drop_table(&conf->values);
}

/* Those of Postfix's defaults that are made of others. */
static const struct {
	const char	*name, *text;
} defaults[] = {
	{ "virtual_mailbox_domains", "$virtual_mailbox_maps" },
	{ "virtual_alias_domains", "$virtual_alias_maps" },
	{ "virtual_alias_maps", "$virtual_maps" },
	{ "myorigin", "$myhostname" },
	{ "config_directory", "/etc/postfix" },
};

/* Its default is what follows the host in myhostname, which may not be made of
 * it then. */
static const char *
mydomain(const struct postfix_conf *conf)
{
	const struct postfix_value *host = table_find(&conf->values,
	    "myhostname");
	const char *dot = host == NULL || strchr(host->text, '$') != NULL ?
	    NULL : strchr(host->text, '.');

	return dot == NULL ? NULL : dot + 1;
}

static const char *
raw(const struct postfix_conf *conf, const char *name)
{
	const struct postfix_value *value = table_find(&conf->values, name);

	for (size_t i = 0; value == NULL &&
	    i < sizeof defaults / sizeof *defaults; i++)
		if (strcmp(defaults[i].name, name) == 0)
			return defaults[i].text;
	if (value == NULL && strcmp(name, "mydomain") == 0)
		return mydomain(conf);
	return value != NULL ? value->text : NULL;
}

/* The name behind a $, in brackets or not; p moves behind it. */
static struct slice
reference(const char **p)
{
	char closing = **p == '{' ? '}' : **p == '(' ? ')' : '\0';
	struct slice name = { *p + (closing != '\0'), 0 };

	while (isalnum((unsigned char)name.p[name.len]) ||
	    name.p[name.len] == '_')
		name.len++;
	*p = name.p + name.len;
	if (closing != '\0' && **p == closing)
		++*p;
	return name;
}

static void
expand(const struct postfix_conf *conf, const char *text, int depth,
    struct str *out)
{
	for (const char *p = text; *p != '\0'; ) {
		if (*p != '$') {
			str_addc(out, *p++);
			continue;
		}
		p++;
		if (*p == '$') {
			str_addc(out, *p++);
			continue;
		}
		const char *name = pool_dup(conf->pool, reference(&p));
		const char *value = depth < DEPTH_MAX ? raw(conf, name) : NULL;
		if (value != NULL)
			expand(conf, value, depth + 1, out);
	}
}

const char *
postfix_conf_text(const struct postfix_conf *conf, const char *name)
{
	const char *text = raw(conf, name);
	SCOPED(drop_str) struct str out = { 0 };

	if (text == NULL)
		return NULL;
	expand(conf, text, 0, &out);
	return pool_dup(conf->pool, slice_trim(str_slice(&out)));
}

const char *
postfix_conf_where(const struct postfix_conf *conf, const char *name)
{
	const struct postfix_value *value = table_find(&conf->values, name);

	return value != NULL ? value->where : conf->file;
}

const char *
postfix_conf_path(const struct postfix_conf *conf, const char *path)
{
	static const char home[] = "/etc/postfix/";

	if (conf->directory == NULL ||
	    strncmp(path, home, sizeof home - 1) != 0)
		return path;
	return pool_format(conf->pool, "%s/%s", conf->directory,
	    path + sizeof home - 1);
}

static const char *
first_line(const struct postfix_conf *conf, const char *path)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest, line = { 0 };
	struct err unused;

	if (file_open(AT_FDCWD, postfix_conf_path(conf, path), 0, &fd, NULL,
	    &unused) == -1 || file_read(fd, CONF_MAX, &text, &unused) == -1)
		return NULL;
	rest = str_slice(&text);
	slice_cut(&rest, '\n', &line);
	return pool_dup(conf->pool, slice_trim(line));
}

const char *
postfix_conf_origin(const struct postfix_conf *conf)
{
	const char *origin = postfix_conf_text(conf, "myorigin");

	if (origin != NULL && origin[0] == '/')
		origin = first_line(conf, origin);
	return origin != NULL && strchr(origin, '.') != NULL &&
	    origin[0] != '.' ? origin : NULL;
}
