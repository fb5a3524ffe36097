/* str.c: bytes.  An owning string that grows, and a borrowed slice. */
#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct slice
slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

struct slice
slice_from(struct slice s, size_t start)
{
	if (start >= s.len)
		return (struct slice){ 0 };
	return (struct slice){ s.p + start, s.len - start };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_blank(s.p[0]))
		s = (struct slice){ s.p + 1, s.len - 1 };
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
slice_is(struct slice s, const char *text)
{
	return slice_equal(s, slice_of(text));
}

bool
slice_same(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool
slice_same_any(struct slice s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (slice_same(s, slice_of(*words)))
			return true;
	return false;
}

bool
slice_starts(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

bool
slice_starts_same(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && slice_same((struct slice){ s.p, n },
	    (struct slice){ prefix, n });
}

bool
slice_is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

bool
slice_ends(struct slice s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && memcmp(s.p + s.len - n, suffix, n) == 0;
}

ptrdiff_t
slice_find(struct slice s, char c)
{
	const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

ptrdiff_t
slice_find_last(struct slice s, char c)
{
	const char *at = s.len ? memrchr(s.p, c, s.len) : NULL;

	return at ? at - s.p : -1;
}

bool
slice_is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

bool
slice_has(struct slice s, char c)
{
	return slice_find(s, c) != -1;
}

bool
slice_cut(struct slice *rest, char sep, struct slice *head)
{
	ptrdiff_t at;

	if (rest->p == NULL)
		return false;
	at = slice_find(*rest, sep);
	if (at == -1) {
		*head = *rest;
		*rest = (struct slice){ 0 };
		return true;
	}
	*head = (struct slice){ rest->p, (size_t)at };
	*rest = (struct slice){ rest->p + at + 1, rest->len - (size_t)at - 1 };
	return true;
}

static bool
is_list_separator(char c)
{
	return is_blank(c) || c == ',';
}

bool
slice_word(struct slice *rest, struct slice *word)
{
	size_t n = 0;

	while (rest->len > 0 && is_list_separator(rest->p[0]))
		*rest = (struct slice){ rest->p + 1, rest->len - 1 };
	while (n < rest->len && !is_list_separator(rest->p[n]))
		n++;
	if (n == 0)
		return false;
	*word = (struct slice){ rest->p, n };
	*rest = slice_from(*rest, n);
	return true;
}

int
slice_number(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (s.len == 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		uint64_t digit = (uint64_t)(s.p[i] - '0');
		if (n > (max - digit) / 10 || digit > max)
			return -1;
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}

void
str_room(struct str *str, size_t more)
{
	size_t need = str->len + more + 1;

	if (need <= str->cap)
		return;
	size_t cap = str->cap ? str->cap * 2 : 64;
	if (cap < need)
		cap = need;
	str->s = mem_grow(str->s, cap, 1);
	str->cap = cap;
	str->s[str->len] = '\0';
}

void
str_add(struct str *str, const void *p, size_t len)
{
	str_room(str, len);
	if (len > 0)
		memcpy(str->s + str->len, p, len);
	str->len += len;
	str->s[str->len] = '\0';
}

void
str_adds(struct str *str, const char *text)
{
	str_add(str, text, strlen(text));
}

void
str_addc(struct str *str, char c)
{
	str_add(str, &c, 1);
}

void
str_addslice(struct str *str, struct slice s)
{
	str_add(str, s.p, s.len);
}

void
str_addlower(struct str *str, struct slice s)
{
	if (s.len == 0)
		return;
	str_room(str, s.len);
	for (size_t i = 0; i < s.len; i++)
		str->s[str->len++] = ascii_lower(s.p[i]);
	str->s[str->len] = '\0';
}

void
str_addf(struct str *str, const char *fmt, ...)
{
	va_list ap;

	str_room(str, 0);
	size_t left = str->cap - str->len;
	va_start(ap, fmt);
	int n = vsnprintf(str->s + str->len, left, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= left) {
		str_room(str, (size_t)n);
		va_start(ap, fmt);
		n = vsnprintf(str->s + str->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	str->len += n > 0 ? (size_t)n : 0;
	str->s[str->len] = '\0';
}

void
str_cut(struct str *str, size_t len)
{
	if (len >= str->len)
		return;
	str->len = len;
	str->s[len] = '\0';
}

const char *
str_text(const struct str *str)
{
	return str->s ? str->s : "";
}

struct slice
str_slice(const struct str *str)
{
	return (struct slice){ str_text(str), str->len };
}

void
drop_str(struct str *str)
{
	free(str->s);
	*str = (struct str){ 0 };
}

void
drop_secret(struct str *str)
{
	if (str->s != NULL)
		explicit_bzero(str->s, str->cap);
	drop_str(str);
}
