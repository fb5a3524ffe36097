/* message.c: a message on its way in: all of its bytes, and its header. */
#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "field.h"
#include "mem.h"
#include "scope.h"

enum { CHUNK = 65536 };

/* --- the header -------------------------------------------------------- */

/* The part of text that deliveries keep, of its header; *used is how much of
 * text the header takes.  When the message is longer than text, its last field
 * may be, too: it stays. */
static void
strip(struct slice text, bool is_whole, struct str *kept, size_t *used)
{
	struct slice rest = field_skip_from_line(text);
	struct field field;

	while (rest.len > 0 && field_next(&rest, &field))
		if (!slice_same(field.name, SLICE("Return-Path")) ||
		    (rest.len == 0 && !is_whole))
			str_addslice(kept, field.all);
	*used = text.len - rest.len;
}

/* --- reading in -------------------------------------------------------- */

/* What becomes a whole delivery is counted on its way. */
static int
store(struct message *m, struct slice bytes, struct err *err)
{
	if (m->top > 0)
		octets_add(&m->octets, bytes);
	return fd_write(m->file, bytes.p, bytes.len) == -1 ?
	    err_sys(err, "store the message") : 0;
}

/* Opens the file and moves what is in memory into it. */
static int
spill(struct message *m, const struct message_intake *intake, struct err *err)
{
	SCOPED(drop_str) struct str head = { 0 };
	size_t used = 0;

	if (intake->open_file(intake->arg, &m->file, err) == -1)
		return -1;
	if (intake->trace != NULL) {
		str_adds(&head, intake->trace);
		strip(str_slice(&m->memory), false, &head, &used);
	}
	m->top = head.len;
	m->skipped = used;
	return store(m, str_slice(&head), err) == -1 ? -1 :
	    store(m, slice_from(str_slice(&m->memory), used), err);
}

/* Some more of it. */
static ssize_t
read_some(int fd, char *p, size_t size, struct message *m,
    const struct message_intake *intake, struct err *err)
{
	ssize_t n = fd_read_by(fd, p, size, intake->deadline, err);

	if (n == -1)
		return err_within(err, "the message");
	m->size += (uint64_t)n;
	if (intake->max != 0 && m->size > intake->max)
		return err_set(err, ERR_REFUSED,
		    "the message is longer than %llu bytes",
		    (unsigned long long)intake->max);
	return n;
}

/* What stays in memory is read where it stays. */
static int
read_beginning(int fd, struct message *m, const struct message_intake *intake,
    struct err *err)
{
	ssize_t n = 1;

	str_room(&m->memory, MESSAGE_MEMORY);
	while (n > 0 && m->memory.len < MESSAGE_MEMORY) {
		n = read_some(fd, m->memory.s + m->memory.len,
		    MESSAGE_MEMORY - m->memory.len, m, intake, err);
		if (n == -1)
			return -1;
		m->memory.len += (size_t)n;
	}
	m->memory.s[m->memory.len] = '\0';
	return 0;
}

static int
read_rest(int fd, struct message *m, const struct message_intake *intake,
    struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_alloc(CHUNK);
	ssize_t n;

	while ((n = read_some(fd, chunk, CHUNK, m, intake, err)) > 0) {
		if (m->file == -1 && spill(m, intake, err) == -1)
			return -1;
		if (store(m, (struct slice){ chunk, (size_t)n }, err) == -1)
			return -1;
	}
	return n == -1 ? -1 : 0;
}

int
message_read(int fd, const struct message_intake *intake, struct message *out,
    struct err *err)
{
	SCOPED(drop_message) struct message m = MESSAGE_NONE;

	if (read_beginning(fd, &m, intake, err) == -1 ||
	    (m.memory.len == MESSAGE_MEMORY && read_rest(fd, &m, intake,
	    err) == -1))
		return -1;
	*out = m;
	m = MESSAGE_NONE;
	return 0;
}

int
message_adopt(int fd, struct message *out, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "the message");
	*out = MESSAGE_NONE;
	out->file = fd;
	out->size = (uint64_t)st.st_size;
	return 0;
}

int
message_load(struct message *m, struct err *err)
{
	size_t wanted = m->size < MESSAGE_MEMORY ? (size_t)m->size :
	    MESSAGE_MEMORY;

	if (m->file == -1 || m->memory.len > 0)
		return 0;
	str_room(&m->memory, wanted);
	ssize_t n = fd_pread(m->file, m->memory.s, wanted, 0);
	if (n == -1)
		return err_sys(err, "the message");
	if ((size_t)n < wanted)
		return err_set(err, ERR_TEMPORARY,
		    "the message became shorter");
	m->memory.len = wanted;
	m->memory.s[wanted] = '\0';
	return 0;
}

void
drop_message(struct message *m)
{
	drop_str(&m->memory);
	drop_str(&m->head);
	drop_fd(&m->file);
}

/* --- giving out -------------------------------------------------------- */

bool
message_content(struct message *m, const char *trace, struct stream *content)
{
	size_t used;

	*content = (struct stream){ 0 };
	if (m->top > 0) {
		stream_add_file(content, m->file, 0,
		    m->top + m->size - m->skipped);
		return true;
	}
	str_cut(&m->head, 0);
	str_adds(&m->head, trace);
	strip(str_slice(&m->memory), m->memory.len == m->size, &m->head, &used);
	stream_add_memory(content, str_slice(&m->head));
	stream_add_memory(content, slice_from(str_slice(&m->memory), used));
	if (m->size > m->memory.len)
		stream_add_file(content, m->file, (off_t)m->memory.len,
		    m->size - m->memory.len);
	return false;
}

struct slice
message_id(const struct message *m)
{
	return field_find(str_slice(&m->memory), "Message-ID");
}

/* The text that follows a trace of ours may begin with a blank: then it seems
 * to continue our last field. */
static bool
is_delivered_to(const struct field *field, const char *address)
{
	return slice_same(field->name, SLICE("Delivered-To")) &&
	    slice_same(field_first_line(field->value),
	    slice_of(address));
}

int
message_check_loop(const struct message *m, const char *address,
    struct err *err)
{
	struct slice rest = field_skip_from_line(str_slice(&m->memory));
	struct field field;
	unsigned hops = 0;

	while (rest.len > 0 && field_next(&rest, &field)) {
		if (slice_same(field.name, SLICE("Received")))
			hops++;
		if (address != NULL && is_delivered_to(&field, address))
			return err_set(err, ERR_REFUSED,
			    "mail loop: this message was at %s before",
			    address);
	}
	if (hops > MESSAGE_HOPS + m->own_hops)
		return err_set(err, ERR_REFUSED,
		    "mail loop: %u Received fields", hops - m->own_hops);
	return 0;
}
