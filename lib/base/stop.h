/* stop.h: being told to end, as a descriptor that can be waited for. */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>

#include "deadline.h"
#include "err.h"

/* SIGTERM and SIGINT no longer end this process and its children: *fd becomes
 * readable instead, in whichever of them got one.  With children set, an end
 * of a child makes it readable, too. */
int	stop_open(bool children, int *fd, struct err *err);

/* Takes one signal; false: it was about a child alone. */
bool	stop_is_asked(int fd);

enum woken { WOKEN, STOPPED, TIMED_OUT };

/* Waits until fd can be read (-1: nothing), stop tells to end, or the
 * deadline. */
enum woken stop_wait(int stop, int fd, struct deadline d);

#endif
