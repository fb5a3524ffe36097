/* ulabel.c: domain names in the letters of their language. */
#include "ulabel.h"

#include <idn2.h>
#include <string.h>

enum { LABEL_MAX = 63 };		/* RFC 1035, 2.3.4 */

static bool
is_letter(char c)
{
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static size_t
label_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && is_letter(text.p[n]))
		n++;
	return n;
}

/* False: it is no A-label. */
static bool
add_decoded(struct str *out, struct slice label)
{
	char text[LABEL_MAX + 1], *letters = NULL;

	if (label.len > LABEL_MAX || !slice_starts_same(label, "xn--"))
		return false;
	memcpy(text, label.p, label.len);
	text[label.len] = '\0';
	if (idn2_to_unicode_8z8z(text, &letters, 0) != IDN2_OK)
		return false;
	str_adds(out, letters);
	idn2_free(letters);
	return true;
}

bool
ulabel_add(struct str *out, struct slice text)
{
	bool any = false;

	while (text.len > 0) {
		size_t n = label_length(text);
		struct slice label = { text.p, n > 0 ? n : 1 };
		if (add_decoded(out, label))
			any = true;
		else
			str_addslice(out, label);
		text = slice_from(text, label.len);
	}
	return any;
}
