/* manifest.c: the last member of a backup: checksums. */
#include "manifest.h"

#include <string.h>

void
manifest_line(struct str *out, SHA2_CTX *sum, const char *name)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256End(sum, hex);
	/* as sha256sum(1) quotes names */
	if (strpbrk(name, "\\\n\r") != NULL)
		str_addc(out, '\\');
	str_addf(out, "%s  ", hex);
	for (; *name != '\0'; name++)
		if (*name == '\\' || *name == '\n' || *name == '\r') {
			str_addc(out, '\\');
			str_addc(out, *name == '\n' ? 'n' :
			    *name == '\r' ? 'r' : '\\');
		} else
			str_addc(out, *name);
	str_addc(out, '\n');
}

void
manifest_end(struct str *out, const SHA2_CTX *whole)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX copy = *whole;

	SHA256End(&copy, hex);
	str_addf(out, "# all %s\n", hex);
}
