/* vidn.c: turns one domain name, on standard input, into A-labels.
 *
 * Exit status: 0 the name is on standard output, 65 it is no domain name, 75
 * something went wrong here.  (1 is what a loader or a sanitizer may say.)
 * It reads what strangers wrote, so as root it becomes nobody first.
 */
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "fd.h"
#include "ident.h"

static int
give_up_root(struct err *err)
{
	struct ident nobody = { IDENT_NOBODY, IDENT_NOBODY };

	return geteuid() == 0 ? ident_become(nobody, err) : 0;
}

int
main(void)
{
	char name[4096];
	char *ascii = NULL;
	struct err err;

	if (give_up_root(&err) == -1) {
		fprintf(stderr, "vidn: %s\n", err.text);
		return EX_TEMPFAIL;
	}
	ssize_t n = fd_read(0, name, sizeof name - 1);
	if (n == -1)
		return EX_TEMPFAIL;
	name[n] = '\0';
	int result = idn2_to_ascii_8z(name, &ascii,
	    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (result == IDN2_MALLOC)
		return EX_TEMPFAIL;
	if (result != IDN2_OK)
		return EX_DATAERR;
	int written = puts(ascii) != EOF && fflush(stdout) != EOF;
	idn2_free(ascii);
	return written ? 0 : EX_TEMPFAIL;
}
