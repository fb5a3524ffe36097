/* progress.h: how far long work has come, for the person at the terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* One more account is done, of this domain.  Where standard error is no
 * terminal nothing is shown. */
void	progress_account(const char *domain);

/* "2000 of 10000 passwords"; done == all takes it away. */
void	progress_show(const char *what, size_t done, size_t all);

/* Nothing of it stays on the screen. */
void	progress_end(void);

#endif
