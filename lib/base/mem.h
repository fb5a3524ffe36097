/* mem.h: allocation that succeeds or ends the process.
 *
 * Out of memory ends it with status 75 (temporary failure) and one line on
 * standard error: a mail system that cannot think keeps the mail.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

void	*mem_alloc(size_t size);			/* zeroed */
void	*mem_grow(void *p, size_t count, size_t size);	/* p may be NULL */
/* *list, a pointer to things of this size, gets room for one more than count. */
void	 mem_room(void *list, size_t *room, size_t count, size_t size);
char	*mem_dup(const void *p, size_t len);		/* adds a NUL */
/* free(*p), *p = NULL */
void	 drop_mem(void *pointer_to_pointer);

#endif
