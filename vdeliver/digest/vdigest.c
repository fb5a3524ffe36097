/* vdigest.c: names one message, from standard input, for each of some words.
 *
 *	vdigest OWN SENDER RECIPIENT...
 *
 * Prints a line for each recipient: SHA-256 of it, the sender and the message
 * without what is another one when the MTA tries again: its From_ line, Return-
 * Path, and the first OWN fields, which are Received ones of ours.
 * Exit status: 0, or 75.  It reads what strangers wrote: root starts it as nobody.
 */
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "fd.h"
#include "message.h"
#include "scope.h"
#include "startup.h"

enum { CHUNK = 65536 };

static int
add_stream(SHA2_CTX *sum, struct stream *stream, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n;

	while ((n = stream_read(stream, chunk, sizeof chunk, err)) > 0)
		SHA256Update(sum, (const uint8_t *)chunk, (size_t)n);
	return (int)n;
}

/* The first field with its continuation lines. */
static size_t
field_len(struct slice s)
{
	size_t len = 0;

	do {
		ptrdiff_t end = slice_find(slice_from(s, len), '\n');
		len = end == -1 ? s.len : len + (size_t)end + 1;
	} while (len < s.len && (s.p[len] == ' ' || s.p[len] == '\t'));
	return len;
}

static void
take_off(struct str *text, uint64_t fields)
{
	struct slice rest = str_slice(text);

	for (; fields > 0; fields--)
		rest = slice_from(rest, field_len(rest));
	if (rest.len > 0)
		memmove(text->s, rest.p, rest.len);
	str_cut(text, rest.len);
}

/* The header lies in the first MESSAGE_MEMORY bytes, as for a delivery. */
static int
add_message(SHA2_CTX *sum, uint64_t own, struct err *err)
{
	SCOPED(drop_message) struct message top = MESSAGE_NONE;
	struct stream content;
	char chunk[CHUNK];
	ssize_t n;

	str_room(&top.memory, MESSAGE_MEMORY);
	n = fd_read(STDIN_FILENO, top.memory.s, MESSAGE_MEMORY);
	if (n == -1)
		return err_sys(err, "read the message");
	top.memory.len = (size_t)n;
	take_off(&top.memory, own);
	top.size = top.memory.len;
	message_content(&top, "", &content);
	if (add_stream(sum, &content, err) == -1)
		return -1;
	while ((n = fd_read(STDIN_FILENO, chunk, sizeof chunk)) > 0)
		SHA256Update(sum, (const uint8_t *)chunk, (size_t)n);
	return n == -1 ? err_sys(err, "read the message") : 0;
}

/* The NUL belongs to it: no two lists of words look the same. */
static void
add_word(SHA2_CTX *sum, const char *word)
{
	SHA256Update(sum, (const uint8_t *)word, strlen(word) + 1);
}

static int
print_names(char **words, struct err *err)
{
	char message[SHA256_DIGEST_STRING_LENGTH];
	char name[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sum;
	uint64_t own;

	if (slice_number(slice_of(*words++), UINT16_MAX, &own) == -1)
		return err_set(err, ERR_INVALID, "OWN is a number");
	SHA256Init(&sum);
	if (add_message(&sum, own, err) == -1)
		return -1;
	SHA256End(&sum, message);
	for (char **recipient = words + 1; *recipient != NULL; recipient++) {
		SHA256Init(&sum);
		add_word(&sum, message);
		add_word(&sum, words[0]);
		add_word(&sum, *recipient);
		puts(SHA256End(&sum, name));
	}
	return fflush(stdout) == EOF || ferror(stdout) ?
	    err_sys(err, "standard output") : 0;
}

int
main(int argc, char **argv)
{
	struct startup found;
	struct err err;

	if (startup_guard(&found, &err) == 0 && argc > 3 &&
	    print_names(argv + 1, &err) == 0)
		return EX_OK;
	fprintf(stderr, "vdigest: %s\n", argc > 3 ? err.text :
	    "usage: vdigest OWN SENDER RECIPIENT...");
	return EX_TEMPFAIL;
}
