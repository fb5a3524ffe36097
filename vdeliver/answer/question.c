/* question.c: what the values of an index mean: "once" has the second of the
 * last answer, in decimal; "rate" has "MINUTE:COUNT" for each minute of the
 * last hour that there were some in. */
#include "question.h"

#include <inttypes.h>

enum {
	HOUR = 60,			/* minutes */
	BUCKETS = 64,
};

struct bucket { uint64_t minute, count; };

/* Decimal, with what old programs put behind it: a NUL, a line end. */
static bool
number(struct slice s, uint64_t *out)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\0' ||
	    s.p[s.len - 1] == '\n'))
		s.len--;
	return slice_number(s, INT64_MAX, out) == 0;
}

static size_t
buckets_of(struct slice value, struct bucket buckets[BUCKETS])
{
	struct slice word, minute;
	size_t count = 0;

	while (count < BUCKETS && slice_word(&value, &word)) {
		struct bucket b;
		if (slice_cut(&word, ':', &minute) &&
		    slice_number(minute, INT64_MAX, &b.minute) == 0 &&
		    slice_number(word, INT64_MAX, &b.count) == 0)
			buckets[count++] = b;
	}
	return count;
}

uint64_t
value_last(const struct question *q, struct slice value)
{
	struct bucket buckets[BUCKETS];
	uint64_t last = 0;

	if (q->kind == ONCE)
		return number(value, &last) ? last : 0;
	size_t n = buckets_of(value, buckets);
	for (size_t i = 0; i < n; i++)
		if (buckets[i].minute > last && buckets[i].minute <
		    INT64_MAX / 60)
			last = buckets[i].minute;
	return last * 60;
}

bool
value_is_expired(const struct question *q, struct slice value)
{
	uint64_t last = value_last(q, value);
	uint64_t lasts = q->kind == RATE ? (HOUR + 1) * 60 : q->amount;

	/* What is not understood may be of yesterday. */
	if (q->kind == ONCE && last == 0)
		return false;
	return lasts != 0 && last <= q->now && q->now - last >= lasts;
}

/* A minute counts as a whole: never more than the rate within an hour.  True:
 * *next is what is to be remembered of one answer more. */
static bool
rate_allows(const struct question *q, struct slice value, struct str *next)
{
	struct bucket buckets[BUCKETS];
	size_t n = buckets_of(value, buckets);
	uint64_t minute = q->now / 60, sum = 0, here = 1;

	for (size_t i = 0; i < n; i++) {
		const struct bucket *b = &buckets[i];
		if (b->minute > minute || minute - b->minute > HOUR)
			continue;
		sum += b->count;
		if (b->minute == minute)
			here += b->count;
		else
			str_addf(next, "%" PRIu64 ":%" PRIu64 " ", b->minute,
			    b->count);
	}
	str_addf(next, "%" PRIu64 ":%" PRIu64, minute, here);
	return sum < q->amount;
}

bool
value_is_odd(const struct question *q, struct slice value)
{
	enum { DAY = 86400 };
	uint64_t last = value_last(q, value);

	return q->kind == ONCE && (last == 0 || last > q->now + DAY);
}

bool
value_is_due(const struct question *q, bool found, struct slice value,
    struct str *next)
{
	if (q->kind == RATE)
		return rate_allows(q, value, next);
	str_addf(next, "%" PRIu64, q->now);
	return !found || value_is_expired(q, value);
}
