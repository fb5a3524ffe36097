/* certificate_test.c: who configures which certificate, and which files are
 * believed. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certificate.h"
#include "fd.h"
#include "scope.h"

static void
write_mode(const char *name, mode_t mode)
{
	unit_writes(name, name);
	assert_int_equal(chmod(name, mode), 0);
}

/* An installation and its domain a.test with these settings. */
static struct domain *
open_here(struct installation *in, struct pool *pool, const char *vmail,
    const char *domain)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct domain *out;
	struct err err;

	str_addf(&text, "main-domain = main.test\n%s", vmail);
	unit_writes("vmail.conf", str_text(&text));
	str_cut(&text, 0);
	str_addf(&text, "owner = 7:8\n%s", domain);
	unit_writes("domain.a.test", str_text(&text));
	unit_writes("passwd.a.test", "");
	if (installation_open(unit_path(), PROGRAM_VPOP3D, in, &err) == -1 ||
	    domain_open(in, pool, SLICE("a.test"), &out, &err) == -1)
		fail_msg("%s", err.text);
	return out;
}

static void
test_own_files(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	struct certificate c;
	const char *dir = unit_path();

	(void)state;
	struct domain *domain = open_here(&in, &pool, "",
	    "tls-certificate = c.pem\ntls-key = /k/k.pem\n");
	assert_true(certificate_of_domain(domain, &pool, &c));
	assert_string_equal(c.path, pool_format(&pool, "%s/c.pem", dir));
	assert_string_equal(c.key_path, "/k/k.pem");
	assert_string_equal(c.label, pool_format(&pool,
	    "%s/domain.a.test:2: tls-certificate: %s/c.pem", dir, dir));
	assert_string_equal(c.key_label, pool_format(&pool,
	    "%s/domain.a.test:3: tls-key: /k/k.pem", dir));
	assert_false(certificate_of_installation(&in, &pool, &c));
	assert_true(certificate_is_there(&in, domain));
	assert_false(certificate_is_there(&in, NULL));
}

static void
test_installation_with_one_file(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	struct certificate c;

	(void)state;
	struct domain *domain = open_here(&in, &pool,
	    "tls-certificate = /c.pem\n", "tls-key = /k.pem\n");
	assert_false(certificate_of_domain(domain, &pool, &c));
	assert_true(certificate_of_installation(&in, &pool, &c));
	assert_string_equal(c.path, "/c.pem");
	assert_string_equal(c.key_path, "/c.pem");
	assert_string_equal(c.key_label, c.label);
	assert_true(certificate_is_there(&in, domain));
	assert_true(certificate_is_there(&in, NULL));
}

static const struct row {
	const char	*name;
	int		 mode, key_mode;	/* 0: no such file */
	enum err_kind	 kind;			/* ERR_NONE: they open */
	/* %s: the label; the certificate's is 'c', the key's 'k' */
	char		 about;
	const char	*complaint;
} rows[] = {
	{ "both closed", 0600, 0600, ERR_NONE, 0, NULL },
	{ "a certificate may be read by all", 0644, 0600, ERR_NONE, 0, NULL },
	{ "a key may be read by its group", 0644, 0640, ERR_NONE, 0, NULL },
	{ "a key that all can read", 0600, 0604, ERR_REFUSED, 'k',
	  "everybody can read the key in it: close it (chmod o-rwx)" },
	{ "a key that all can enter", 0600, 0601, ERR_REFUSED, 'k',
	  "everybody can read the key in it: close it (chmod o-rwx)" },
	{ "a certificate that its group can write", 0620, 0600, ERR_REFUSED,
	  'c', "others can write to it: " },
	{ "a certificate that all can write", 0602, 0600, ERR_REFUSED, 'c',
	  "others can write to it: " },
	{ "a key that its group can write", 0600, 0620, ERR_REFUSED, 'k',
	  "others can write to it: " },
	/* It is set: what is missing is a fault, not an absence. */
	{ "no certificate", 0, 0600, ERR_TEMPORARY, 'c', "" },
	{ "no key", 0600, 0, ERR_TEMPORARY, 'k', "" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_fd) int fd = -1, key = -1;
	struct certificate c;
	struct err err = { 0 };

	if (row->mode != 0)
		write_mode("c.pem", (mode_t)row->mode);
	if (row->key_mode != 0)
		write_mode("k.pem", (mode_t)row->key_mode);
	struct domain *domain = open_here(&in, &pool, "",
	    "tls-certificate = c.pem\ntls-key = k.pem\n");
	assert_true(certificate_of_domain(domain, &pool, &c));
	int result = certificate_open(&c, &in, &fd, &key, &err);
	if (row->kind == ERR_NONE) {
		char text[8];
		assert_int_equal(result, 0);
		assert_int_equal(fd_read(fd, text, sizeof text), 5);
		assert_memory_equal(text, "c.pem", 5);
		assert_int_equal(fd_read(key, text, sizeof text), 5);
		assert_memory_equal(text, "k.pem", 5);
		return;
	}
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, row->kind);
	const char *begins = pool_format(&pool, "%s: %s", row->about == 'k' ?
	    c.key_label : c.label, row->complaint);
	if (strncmp(err.text, begins, strlen(begins)) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(fd, -1);
}

int
main(void)
{
	add_test("a domain's files are named with their settings",
	    test_own_files);
	add_test("without a key of its own the certificate's file holds both",
	    test_installation_with_one_file);
	add_rows(rows, check_row);
	return run_all();
}
