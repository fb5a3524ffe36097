/* user_files.c: passwd.D and shadow.D of a domain. */
#include "user_files.h"

#include "files.h"
#include "scope.h"

int
user_files_read(const struct domain *domain, struct pool *pool,
    struct user_files *out, struct err *err)
{
	bool there;

	*out = (struct user_files){
		.domain = domain,
		.passwd_name = pool_format(pool, "passwd.%s", domain->name),
		.shadow_name = pool_format(pool, "shadow.%s", domain->name),
	};
	if (files_read(domain->in, out->passwd_name, &out->passwd, &there,
	    err) == -1)
		return -1;
	if (!there)
		return err_set(err, ERR_TEMPORARY,
		    "%s/%s is missing: bring it back, or say 'vadmin domain add "
		    "%s' again, if that was interrupted",
		    domain->in->path, out->passwd_name, domain->name);
	return files_read(domain->in, out->shadow_name, &out->shadow, NULL,
	    err);
}

void
drop_user_files(struct user_files *files)
{
	drop_str(&files->passwd);
	drop_str(&files->shadow);
}

static void
swap(struct str *a, struct str *b)
{
	struct str c = *a;

	*a = *b;
	*b = c;
}

int
user_files_write_passwd(struct user_files *files, struct str *text,
    struct err *err)
{
	if (files_write(files->domain->in, files->passwd_name, MODE_PUBLIC,
	    str_slice(text), err) == -1)
		return -1;
	swap(&files->passwd, text);
	return 0;
}

int
user_files_write_shadow(struct user_files *files, struct str *text,
    struct err *err)
{
	if (files_write(files->domain->in, files->shadow_name, MODE_SECRET,
	    str_slice(text), err) == -1)
		return -1;
	swap(&files->shadow, text);
	return 0;
}
