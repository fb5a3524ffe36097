/* import_linuxconf.c: the virtual e-mail domains of a Linuxconf machine. */
#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "files.h"
#include "linuxconf_alias.h"
#include "linuxconf_domain.h"
#include "ops.h"
#include "scope.h"

static void
drop_import(struct linuxconf *import)
{
	drop_report(&import->report);
	drop_old_machine(&import->old);
	drop_str(&import->system);
}

static bool
is_wanted(const struct linuxconf *import, const char *domain)
{
	const struct setting_words *wanted = call_list(import->call, "D");

	for (size_t i = 0; i < wanted->count; i++)
		if (slice_same(slice_of(wanted->word[i]), slice_of(domain)))
			return true;
	return wanted->count == 0;
}

/* shadow.D and its like; NULL: another kind of file. */
static const char *
domain_in(const char *name)
{
	static const char *const kinds[] = { "passwd.", "shadow.", "aliases.",
	    "domain.", NULL };

	for (size_t i = 0; kinds[i] != NULL; i++)
		if (slice_starts(slice_of(name), kinds[i]))
			return name + strlen(kinds[i]);
	return NULL;
}

static bool
is_alias(const struct linuxconf *import, const char *name)
{
	return slice_starts(slice_of(name), "domain.") &&
	    linuxconf_is_alias(&import->old, domain_in(name));
}

/* When all domains are there that they can lead to.  What lies in its place is
 * served by it. */
static int
import_aliases(struct linuxconf *import, const char **names, size_t count,
    struct err *err)
{
	for (size_t i = 0; i < count && !import->old.etc_in_place; i++) {
		if (!is_alias(import, names[i]))
			continue;
		const char *domain = domain_in(names[i]),
		    *to = linuxconf_alias_of(&import->old, domain);
		if (is_wanted(import, to != NULL ? to : domain) &&
		    linuxconf_alias(import->call, &import->old, domain,
		    &import->report, err) == -1)
			return -1;
	}
	return 0;
}

static void
report_other(struct linuxconf *import, const char *name)
{
	const char *domain = domain_in(name);

	if (import->old.etc_in_place || name[0] == '.' ||
	    call_has(import->call, "D") || (domain != NULL &&
	    files_exists(import->old.etc, pool_format(import->pool,
	    "passwd.%s", domain))))
		return;
	report_left(&import->report, old_machine_name(&import->old,
	    "etc/vmail", name), name, "%s", domain != NULL ?
	    "there is no passwd file beside it" : "no file of a domain: if "
	    "it has aliases, copy it, and say 'vadmin domain set D "
	    "extra-aliases=FILE'");
}

static int
import_all(struct linuxconf *import, struct err *err)
{
	const char **names;
	size_t count, found = 0;

	if (old_machine_list(&import->old, import->old.etc, &names, &count,
	    err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *domain = domain_in(names[i]);
		if (!slice_starts(slice_of(names[i]), "passwd.")) {
			if (!is_alias(import, names[i]))
				report_other(import, names[i]);
			continue;
		}
		if (!is_wanted(import, domain))
			continue;
		found++;
		if (linuxconf_is_alias(&import->old, domain))
			report_left(&import->report, old_machine_name(
			    &import->old, "etc/vmail", names[i]), names[i],
			    "domain.%s is a link: a domain alias, which has "
			    "no accounts of its own", domain);
		else if (linuxconf_domain(import, domain, err) == -1)
			return -1;
	}
	if (found == 0)
		return err_set(err, ERR_ABSENT, "%s/etc/vmail has no "
		    "passwd.DOMAIN that is wanted", import->old.path);
	return import_aliases(import, names, count, err);
}

static void
read_system(struct linuxconf *import)
{
	SCOPED(drop_fd) int fd = -1;
	struct err unused;

	if (file_open(AT_FDCWD, "/etc/passwd", 0, &fd, NULL, &unused) == 0)
		file_read(fd, 1 << 24, &import->system, &unused);
}

int
import_linuxconf(struct call *call, struct err *err)
{
	SCOPED(drop_import) struct linuxconf import = { .call = call,
	    .pool = &call->pool, .report = REPORT_NEW,
	    .old = { .etc = -1, .spool = -1, .homes = -1 } };

	if (old_machine_open(&import.old, &call->pool, &call->in,
	    call_text(call, "DIR"), err) == -1)
		return -1;
	read_system(&import);
	int done = import_all(&import, err);
	report_end(&import.report, call);
	return done;
}
