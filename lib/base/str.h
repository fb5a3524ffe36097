/* str.h: bytes.  An owning string that grows, and a borrowed slice.
 *
 * Both may hold NULs.  Case rules are ASCII only: 8-bit bytes compare exactly.
 */
#ifndef STR_H
#define STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Looks into bytes that somebody else owns; p may be NULL when len is 0. */
struct slice {
	const char	*p;
	size_t		 len;
};

/* A zero value is the empty string.  s[len] is always NUL once anything was
 * added; str_text() is never NULL. */
struct str {
	char	*s;
	size_t	 len;
	size_t	 cap;
};

#define SLICE(literal)	((struct slice){ (literal), sizeof (literal) - 1 })

struct slice	slice_of(const char *text);
/* its tail; empty past the end */
struct slice	slice_from(struct slice s, size_t start);
/* blanks and tabs at both ends */
struct slice	slice_trim(struct slice s);
bool		slice_is(struct slice s, const char *text);
bool		slice_equal(struct slice a, struct slice b);
/* without case */
bool		slice_same(struct slice a, struct slice b);
/* as one of the words, which NULL ends */
bool		slice_same_any(struct slice s, const char *const *words);
bool		slice_starts(struct slice s, const char *prefix);
/* without case */
bool		slice_starts_same(struct slice s, const char *prefix);
bool		slice_ends(struct slice s, const char *suffix);
bool		slice_is_ascii(struct slice s);
/* and nothing but blanks of what cannot be seen */
bool		slice_is_printable(struct slice s);
bool		slice_has(struct slice s, char c);
/* -1: not there */
ptrdiff_t	slice_find(struct slice s, char c);
ptrdiff_t	slice_find_last(struct slice s, char c);

/* Cuts *rest at the first sep: what stands before it becomes *head, what
 * stands after it *rest.  False when *rest was used up already. */
bool		slice_cut(struct slice *rest, char sep, struct slice *head);

/* The next word of a list that blanks, tabs or commas separate. */
bool		slice_word(struct slice *rest, struct slice *word);

/* Strict decimal: digits only, no sign, no blank.  -1: not that, or > max. */
int		slice_number(struct slice s, uint64_t max, uint64_t *out);

char		ascii_lower(char c);

void		str_add(struct str *str, const void *p, size_t len);
void		str_adds(struct str *str, const char *text);
void		str_addc(struct str *str, char c);
void		str_addslice(struct str *str, struct slice s);
void		str_addlower(struct str *str, struct slice s);
void		str_addf(struct str *str, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
/* capacity for len + more + 1 */
void		str_room(struct str *str, size_t more);
void		str_cut(struct str *str, size_t len);	/* shorten to len */
const char	*str_text(const struct str *str);
struct slice	str_slice(const struct str *str);
void		drop_str(struct str *str);
/* overwrites before it frees; what str_room() has moved stays behind */
void		drop_secret(struct str *str);

#endif
