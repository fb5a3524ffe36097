/* examples.h: two command lines for each operation, and what it exits with that
 * others do not.
 */
#ifndef EXAMPLES_H
#define EXAMPLES_H

struct examples {
	const char	*operation;
	const char	*lines[2];
};

/* Lines of a status and its meaning; "" for most. */
const char *examples_status(const char *operation);

/* NULL: there are none. */
const struct examples *examples_of(const char *operation);

#endif
