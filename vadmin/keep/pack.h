/* pack.h: what belongs to an account, as parcels; by a process that has become
 * the account.
 *
 * Its own files of files/D are "own/NAME"; its inbox "inbox", for an mbox with
 * its unique ids "uids"; its home "home".  Each is as it was at one moment: an
 * mbox is copied under the locks of a delivery; of a Maildir all messages are
 * copied that were there together.
 */
#ifndef PACK_H
#define PACK_H

#include "err.h"
#include "pack_file.h"

/* packing: a struct packing. */
int	pack_account(void *packing, struct err *err);

#endif
