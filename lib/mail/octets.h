/* octets.h: how long a stored message is when RETR sends it (RFC 1939):
 * every line end, LF or CRLF, is two bytes, and a missing last one is added;
 * without byte-stuffing.
 */
#ifndef OCTETS_H
#define OCTETS_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

/* A zero value is the start. */
struct octets {
	uint64_t	count;
	char		last;
};

/* The bytes come in pieces of any length. */
void		octets_add(struct octets *octets, struct slice bytes);
uint64_t	octets_total(const struct octets *octets);
/* The last line lacks its end, which octets_total() has. */
bool		octets_end_is_added(const struct octets *octets);

/* Whether some message of so many stored bytes has so many octets. */
bool		octets_possible(uint64_t stored, uint64_t octets);

#endif
