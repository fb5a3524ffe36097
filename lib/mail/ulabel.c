/* ulabel.c: domain names in the letters of their language (RFC 3492). */
#include "ulabel.h"

#include <string.h>

#include "utf8seq.h"

/* RFC 3492, 5: Punycode's numbers for domain names. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72 };
enum { FIRST = 0x80, LAST = 0x10FFFF, LABEL_MAX = 63 };
enum { DELTA_MAX = (LAST + 1) * (LABEL_MAX + 1) };

struct letters {
	unsigned	letter[LABEL_MAX];
	size_t		count;
};

static unsigned
digit_of(char c)
{
	c = ascii_lower(c);
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a');
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') + 26 : BASE;
}

/* RFC 3492, 6.1: what the next number's digits most likely look like. */
static unsigned
adapt(unsigned delta, size_t count, bool is_first)
{
	unsigned k = 0;

	delta /= is_first ? DAMP : 2;
	delta += delta / (unsigned)count;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* RFC 3492, 3.3: a number that says itself where it ends. */
static bool
take_delta(struct slice *rest, unsigned bias, unsigned *delta)
{
	uint64_t weight = 1, sum = 0;

	for (unsigned k = BASE; rest->len > 0 && weight <= DELTA_MAX;
	    k += BASE) {
		unsigned digit = digit_of(rest->p[0]);
		unsigned end = k <= bias ? TMIN : k >= bias + TMAX ? TMAX :
		    k - bias;
		*rest = slice_from(*rest, 1);
		sum += digit * weight;
		if (digit == BASE || sum > DELTA_MAX)
			return false;
		*delta = (unsigned)sum;
		if (digit < end)
			return true;
		weight *= BASE - end;
	}
	return false;
}

static void
insert(struct letters *out, size_t at, unsigned letter)
{
	memmove(&out->letter[at + 1], &out->letter[at],
	    (out->count - at) * sizeof *out->letter);
	out->letter[at] = letter;
	out->count++;
}

/* RFC 3492, 6.2: each number tells how many places, and letters, lie between
 * the last letter beyond ASCII and the next one. */
static bool
decode(struct slice rest, struct letters *out)
{
	ptrdiff_t dash = slice_find_last(rest, '-');
	unsigned letter = FIRST, bias = BIAS, at = 0, delta;

	if (rest.len > LABEL_MAX)
		return false;
	while (dash > 0 && out->count < (size_t)dash) {
		out->letter[out->count] = (unsigned char)rest.p[out->count];
		out->count++;
	}
	rest = slice_from(rest, dash > 0 ? (size_t)dash + 1 : 0);
	if (rest.len == 0)
		return false;
	for (bool is_first = true; rest.len > 0; is_first = false) {
		if (!take_delta(&rest, bias, &delta))
			return false;
		unsigned places = (unsigned)out->count + 1;
		bias = adapt(delta, places, is_first);
		at += delta;
		letter += at / places;
		at %= places;
		if (letter > LAST || (letter >= 0xD800 && letter <= 0xDFFF))
			return false;
		insert(out, at++, letter);
	}
	return true;
}

static size_t
label_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && (digit_of(text.p[n]) < BASE ||
	    text.p[n] == '-'))
		n++;
	return n;
}

/* False: it is no A-label. */
static bool
add_decoded(struct str *out, struct slice label)
{
	struct letters letters = { .count = 0 };

	if (!slice_starts_same(label, "xn--") ||
	    !decode(slice_from(label, 4), &letters))
		return false;
	for (size_t i = 0; i < letters.count; i++)
		utf8seq_add(out, letters.letter[i]);
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
