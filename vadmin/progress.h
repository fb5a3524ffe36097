/* progress.h: how far long work has come, for the person at the terminal.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

/* One more account is done, of this domain.  Where standard error is no
 * terminal nothing is shown. */
void	progress_account(const char *domain);

/* Nothing of it stays on the screen. */
void	progress_end(void);

#endif
