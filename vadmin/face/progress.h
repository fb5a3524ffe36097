/* progress.h: how far long work has come, for the person at the terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether anything is: standard error is a terminal, and a person reads it. */
bool	progress_is_shown(void);

/* So many more accounts are to be done. */
void	progress_expect(size_t accounts);

/* One more account is done, of this domain: "3 of 10 accounts, a.test", or "3
 * accounts, a.test" where it was not said how many there are. */
void	progress_account(const char *domain);

/* "2000 of 10000 passwords"; done == all takes it away. */
void	progress_show(const char *what, size_t done, size_t all);

/* Nothing of it stays on the screen. */
void	progress_end(void);

#endif
