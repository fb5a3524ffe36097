/* scope.h: owned things are declared together with their end.
 *
 *	SCOPED(drop_fd) int fd = -1;
 *
 * The drop function gets the variable's address when it leaves scope, on
 * every path.  Dropping "nothing" (-1, NULL, a zero struct) is always fine.
 */
#ifndef SCOPE_H
#define SCOPE_H

#define SCOPED(drop)	__attribute__((cleanup(drop)))

#endif
