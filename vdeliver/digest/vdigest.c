/* vdigest.c: names one message, from standard input, for each of some words.
 *
 *	vdigest SENDER RECIPIENT...
 *
 * Prints a line for each recipient: SHA-256 of it, the sender and the message
 * without what MTAs change when they try again, its From_ line and Return-Path.
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

/* The header lies in the first MESSAGE_MEMORY bytes, as for a delivery. */
static int
add_message(SHA2_CTX *sum, struct err *err)
{
	SCOPED(drop_message) struct message top = MESSAGE_NONE;
	struct stream content;
	char chunk[CHUNK];
	ssize_t n;

	str_room(&top.memory, MESSAGE_MEMORY);
	n = fd_read(STDIN_FILENO, top.memory.s, MESSAGE_MEMORY);
	if (n == -1)
		return err_sys(err, "read the message");
	top.memory.len = top.size = (size_t)n;
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

	SHA256Init(&sum);
	if (add_message(&sum, err) == -1)
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

	if (startup_guard(&found, &err) == 0 && argc > 2 &&
	    print_names(argv + 1, &err) == 0)
		return EX_OK;
	fprintf(stderr, "vdigest: %s\n", argc > 2 ? err.text :
	    "usage: vdigest SENDER RECIPIENT...");
	return EX_TEMPFAIL;
}
