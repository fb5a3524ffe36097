/* progress.h: how far long work is, for who waits at a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* "2000 of 10000 passwords", in the last line of standard error, at most some
 * times a second, if that is a terminal; done == all takes it away. */
void	progress_show(const char *what, size_t done, size_t all);

#endif
