/* bounds.c: what a command or a filter may take of the machine. */
#include "bounds.h"

/* An archive of many years that a command appends to is shorter; what never
 * ends gets there before it has filled a disk. */
#define FILE_MAX	((uint64_t)16 << 30)

/* The message may be packed into another form, or unpacked. */
static uint64_t
file_max(uint64_t message_max)
{
	if (message_max == 0 || message_max > UINT64_MAX / 2)
		return UINT64_MAX;
	return message_max * 2 > FILE_MAX ? message_max * 2 : FILE_MAX;
}

void
bounds_set(const struct installation *in, struct command *command)
{
	command->bounded = true;
	command->file_max = file_max(in->conf.max_message_size);
}
