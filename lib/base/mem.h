/* mem.h: allocation that succeeds or ends the process.
 *
 * Out of memory ends it with status 75 (temporary failure) and one line on
 * standard error: a mail system that cannot think keeps the mail.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

#define MEM_SENTENCE	"out of memory: raise the memory limit of this service"

/* the status of a process that mem_told_by_parent() made silent */
enum { MEM_LACKED = 12 };

/* From now on there is no line of this process about it: its parent sees
 * MEM_LACKED, and has a line of its own. */
void	 mem_told_by_parent(void);

void	*mem_alloc(size_t size);			/* zeroed */
void	*mem_grow(void *p, size_t count, size_t size);	/* p may be NULL */
/* *list, a pointer to things of this size, gets room for one more than count. */
void	 mem_room(void *list, size_t *room, size_t count, size_t size);
char	*mem_dup(const void *p, size_t len);		/* adds a NUL */
/* In a long wait: what is free, and the stack that is not in use, goes back
 * to the machine.  It costs some page faults later, so who may have to go on
 * at once waits MEM_REST_MS before. */
void	 mem_give_back(void);
enum { MEM_REST_MS = 1000 };

/* free(*p), *p = NULL */
void	 drop_mem(void *pointer_to_pointer);

#endif
