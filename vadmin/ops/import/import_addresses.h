/* import_addresses.h: the addresses that accounts of a CSV have beside their own:
 * the From of their automatic answers, and alternative ones.
 */
#ifndef IMPORT_ADDRESSES_H
#define IMPORT_ADDRESSES_H

#include "csv_row.h"
#include "operation.h"

/* As "user set" would take them, and with their domain then; but not whether an
 * alternative one is free: the account that is there may have it itself. */
int	import_addresses_check(struct call *call, struct newcomer *newcomer,
	    struct err *err);

/* Alternative ones of new accounts become aliases: where something else has
 * the name, or gets it by this file, the row is INTAKE_WRONG. */
void	import_addresses_judge(struct call *call,
	    struct csv_row *const *rows, size_t count);

#endif
