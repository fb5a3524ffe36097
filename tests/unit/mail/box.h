/* box.h: the mbox "box" in the directory of a test: delivered to, scanned, and
 * opened as a login does.
 */
#ifndef BOX_H
#define BOX_H

#include "maildrop.h"
#include "mbox_scan.h"
#include "stamp.h"

/* What fails ends the test. */
void	box_deliver(const char *text);

/* What is there, and what the file is like. */
void	box_scan(struct mbox_scan *out, struct stamp *now);

/* Of one test at a time. */
struct maildrop *box_open(void);

#endif
