/* unit.h: a test program: named tests and tables of named rows.
 *
 *	static const struct row { const char *name; ... } rows[] = { ... };
 *
 *	static void
 *	check_row(void **state)
 *	{
 *		const struct row *row = *state;
 *		assert_int_equal(twice(row->given), row->wanted);
 *	}
 *
 *	int
 *	main(void)
 *	{
 *		add_rows(rows, check_row);
 *		add_test("twice nothing is nothing", test_nothing);
 *		return run_all();
 *	}
 *
 * A name is a sentence.  Each test runs in an empty directory of its own, as
 * the current one and as unit_dir().
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"

void	add_test(const char *name, CMUnitTestFunction function);
void	add_row(const char *name, CMUnitTestFunction function, const void *row);
int	run_all(void);

#define add_rows(rows, function)						\
	for (size_t row_ = 0; row_ < sizeof (rows) / sizeof *(rows); row_++)	\
		add_row((rows)[row_].name, (function), &(rows)[row_])

/* The empty directory: a descriptor, and its absolute path. */
int		 unit_dir(void);
const char	*unit_path(void);

/* A whole file of the current directory. */
void	unit_write(const char *name, const void *p, size_t len);
void	unit_writes(const char *name, const char *text);
void	assert_file(const char *name, const char *text);
void	assert_no_file(const char *name);

/* The sentence of an error, and its kind; both need err.h. */
#define assert_err(err, wanted_kind, wanted_text) do {				\
	assert_int_equal((err).kind, (wanted_kind));				\
	assert_string_equal((err).text, (wanted_text));				\
} while (0)

#endif
