/* siphash.h: SipHash-2-4, a hash that strangers who do not know its key cannot
 * make collide.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stdint.h>

#include "str.h"

uint64_t siphash(const uint64_t key[2], struct slice bytes);

#endif
