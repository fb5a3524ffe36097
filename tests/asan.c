/* asan.c: linked into every program of "make asan".
 *
 * Programs end without freeing everything, and some are started without an
 * environment: by default nobody looks for leaks.  tests/run asks unit tests
 * to do so, in ASAN_OPTIONS.
 */
const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
