/* fault.h: system calls that fail when a test says so.
 *
 * Every call of fault.c's list, made by what a test program is linked with,
 * goes through it; the C library's own calls do not.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stddef.h>
#include <time.h>

/* The nth call (1: the next) fails with this errno, once. */
void	fault_at(const char *call, int nth, int error);

/* All calls from now on fail with it. */
void	fault_always(const char *call, int error);

/* From now on time() tells so much more. */
void	fault_later(time_t seconds);

/* The nth read, pread or write transfers at most len bytes. */
void	fault_short(const char *call, int nth, size_t len);

/* openat() of the path opens the other one. */
void	fault_instead(const char *path, const char *other);

/* fn is called before the next call that transfers nothing. */
void	fault_before(const char *call, void (*fn)(void));

/* From here on nothing fails.  True: the fault came to pass. */
int	fault_clear(void);

#endif
