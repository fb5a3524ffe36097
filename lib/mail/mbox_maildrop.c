/* mbox_maildrop.c: an mbox file as a maildrop: opening it, numbering its
 * messages. */
#include "mbox_maildrop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fd.h"
#include "mbox.h"
#include "mbox_cache.h"
#include "mbox_proof.h"
#include "mem.h"
#include "scope.h"

static void
close_maildrop(struct maildrop *drop)
{
	struct mbox_maildrop *d = (struct mbox_maildrop *)drop;

	drop_fd(&d->fd);
	drop_mbox_scan(&d->scan);
	drop_mem(&d->hashes);
	drop_mem(&d->whole);
	drop_mbox_check(&d->check);
	drop_uids(&d->uids);
}

static void
drop_mbox_maildrop(struct mbox_maildrop **d)
{
	struct maildrop *drop = (struct maildrop *)*d;

	drop_maildrop(&drop);
}

static const struct maildrop_kind mbox_maildrop = {
	.read = mbox_read_message,
	.commit = mbox_commit,
	.close = close_maildrop,
};

static char *
put_hex(char *p, uint64_t number)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[number >> shift & 15];
	return p;
}

/* "0123456789abcdef0123456789abcdef", the first twin; ".2" behind it is the
 * second. */
static void
set_uid(struct maildrop_message *m, const struct uid_hash *hash,
    uint32_t ordinal)
{
	char *end = put_hex(put_hex(m->uid, hash->high), hash->low);

	*end = '\0';
	if (ordinal > 1)
		snprintf(end, sizeof m->uid - (size_t)(end - m->uid),
		    ".%" PRIu32, ordinal);
}

static int
number_messages(struct mbox_maildrop *d, struct err *err)
{
	struct maildrop *drop = &d->drop;

	d->first = d->scan.pseudo ? 1 : 0;
	drop->count = d->scan.count - d->first;
	drop->messages = mem_alloc(drop->count * sizeof *drop->messages);
	d->hashes = mem_alloc(drop->count * sizeof *d->hashes);
	for (size_t i = 0; i < drop->count; i++)
		d->hashes[i] = d->scan.entries[d->first + i].hash;
	if (uids_assign(d->mailbox->parent, d->mailbox->name, d->st.st_ino,
	    d->hashes, drop->count, &d->uids, err) == -1)
		return -1;
	uids_shorten(d->mailbox->parent, d->mailbox->name, d->st.st_ino,
	    d->hashes, drop->count, &d->uids);
	drop->note = d->uids.note;
	for (size_t i = 0; i < drop->count; i++) {
		struct maildrop_message *m = &drop->messages[i];
		m->octets = d->scan.entries[d->first + i].octets;
		m->measured = true;
		set_uid(m, &d->hashes[i], d->uids.ordinals[i]);
	}
	return 0;
}

static int
scan_locked(struct mbox_maildrop *d, struct deadline deadline, struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;

	if (mbox_file_open(d->mailbox->parent, d->mailbox->name,
	    MBOX_FILE_EXISTING, deadline, &file, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (mbox_cache_scan(&file, &d->scan, &d->fresh, err) == -1)
		return -1;
	d->st = file.st;
	d->since = file.since;
	d->state = mbox_state_of(&file.st);
	if (mbox_file_unlock(&file, err) == -1)
		return -1;
	d->fd = file.fd;
	file.fd = -1;
	return 0;
}

int
mbox_open_maildrop(const struct mailbox *mailbox, struct deadline deadline,
    struct maildrop **out, struct err *err)
{
	SCOPED(drop_mbox_maildrop) struct mbox_maildrop *d =
	    mem_alloc(sizeof *d);

	d->drop = (struct maildrop){ .kind = &mbox_maildrop, .session = -1 };
	d->mailbox = mailbox;
	d->fd = -1;
	if (scan_locked(d, deadline, err) == -1 ||
	    number_messages(d, err) == -1)
		return -1;
	*out = &d->drop;
	d = NULL;
	return 0;
}
