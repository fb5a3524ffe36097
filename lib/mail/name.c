/* name.c: what may be the name of an account or of a domain. */
#include "name.h"

#include "idn.h"
#include "utf8seq.h"

/* U+0080 to U+009F are control characters, too. */
static bool
is_control(struct slice sequence)
{
	return sequence.len == 2 && (unsigned char)sequence.p[0] == 0xC2 &&
	    (unsigned char)sequence.p[1] < 0xA0;
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
has_two_dots(struct slice s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.p[i] == '.' && s.p[i - 1] == '.')
			return true;
	return false;
}

bool
name_is_account(struct slice name)
{
	if (name.len == 0 || name.len > ACCOUNT_NAME_MAX || name.p[0] == '.' ||
	    name.p[0] == '-')
		return false;
	for (size_t i = 0; i < name.len; ) {
		char c = name.p[i];
		if (is_letter_or_digit(c) || c == '.' || c == '_' || c == '-') {
			i++;
			continue;
		}
		struct slice rest = slice_from(name, i);
		size_t n = utf8seq_length(rest);
		if (n == 0 || is_control((struct slice){ rest.p, n }))
			return false;
		i += n;
	}
	/* The spool keeps U.quota and U.lock beside U, on file systems that
	 * may not tell upper case from lower. */
	struct slice tail = name.len > 6 ? slice_from(name, name.len - 6) :
	    name;
	return !has_two_dots(name) && !slice_same(tail, SLICE(".quota")) &&
	    !slice_same(slice_from(name, name.len > 5 ? name.len - 5 : 0),
	    SLICE(".lock"));
}

bool
name_is_domain(struct slice name)
{
	struct slice rest = name, label;

	if (name.len == 0 || name.len > DOMAIN_NAME_MAX ||
	    slice_is(name, "files"))
		return false;
	while (slice_cut(&rest, '.', &label)) {
		if (label.len == 0 || label.len > 63 || label.p[0] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++) {
			char c = label.p[i];
			if (!(is_letter_or_digit(c) || c == '-' || c == '_') ||
			    ascii_lower(c) != c)
				return false;
		}
	}
	return true;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

int
name_canonical_domain(struct slice given, struct str *out, struct err *err)
{
	size_t start = out->len;

	if (slice_ends(given, "."))
		given.len--;
	if (given.len > 4 * DOMAIN_NAME_MAX || slice_has(given, '\0'))
		return err_set(err, ERR_INVALID, "not a domain name");
	if (is_ascii(given))
		str_addlower(out, given);
	else if (idn_to_ascii(given, out, err) == -1)
		return -1;
	if (!name_is_domain(slice_from(str_slice(out), start))) {
		str_cut(out, start);
		return err_set(err, ERR_INVALID, "not a domain name");
	}
	return 0;
}
