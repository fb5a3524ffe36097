/* siphash.c: SipHash-2-4 (Aumasson and Bernstein, 2012). */
#include "siphash.h"

struct sip {
	uint64_t	a, b, c, d;
};

static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
mix(struct sip *s, int rounds)
{
	while (rounds-- > 0) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static void
take(struct sip *s, uint64_t word)
{
	s->d ^= word;
	mix(s, 2);
	s->a ^= word;
}

uint64_t
siphash(const uint64_t key[2], struct slice bytes)
{
	struct sip s = {
		key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573,
	};
	uint64_t word = 0;
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		word |= (uint64_t)(unsigned char)bytes.p[i] << 8 * (i % 8);
		if (i % 8 == 7) {
			take(&s, word);
			word = 0;
		}
	}
	take(&s, word | (uint64_t)bytes.len << 56);
	s.c ^= 0xff;
	mix(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
