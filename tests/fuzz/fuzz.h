/* fuzz.h: what every fuzz target has: promises, files, input in parts.
 *
 *	void
 *	fuzz(struct slice input)
 *	{
 *		...
 *		promise(twice == once, "trimming twice is trimming once");
 *	}
 *
 * A promise that does not hold ends the target; libFuzzer keeps the input.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

/* The target: called once for each input, which ends where the sanitizer sees
 * it; p may be NULL when len is 0. */
void	fuzz(struct slice input);

#define promise(holds, sentence)						\
	((holds) ? (void)0 : fuzz_broken(__FILE__, __LINE__, (sentence)))
void	fuzz_broken(const char *file, int line, const char *sentence)
	    __attribute__((noreturn));

/* The input up to the next form feed, which goes; *rest is what follows. */
struct slice fuzz_part(struct slice *rest);

/* A byte of it as a choice, 0 when there is none left. */
unsigned fuzz_choice(struct slice *rest);

/* A file without a name that holds the bytes, at its start; valid until the
 * next call. */
int	fuzz_file(struct slice bytes);

/* A directory of this process, removed with what is in it at the end. */
int	fuzz_dir(void);
/* A whole file of it. */
void	fuzz_write(const char *name, struct slice bytes);

/* How many line ends there are. */
size_t	fuzz_lines(struct slice text);

#endif
