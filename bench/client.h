/* client.h: a floor's client, at descriptors 0 and 1: lines come in, and what is
 * said goes out before a read that would wait.  Behind tools.h. */
#ifndef CLIENT_H
#define CLIENT_H

enum { LINE = 1024 };

static char input[65536], output[65536];
static size_t input_at, input_len, output_len;

static inline void
flush(void)
{
	write_all(STDOUT_FILENO, output, output_len);
	output_len = 0;
}

static inline void
say(const char *text)
{
	size_t len = strlen(text);

	if (output_len + len > sizeof output)
		flush();
	memcpy(output + output_len, text, len);
	output_len += len;
}

/* Ends the process where the client has ended. */
static inline char
next_byte(void)
{
	if (input_at == input_len) {
		flush();
		ssize_t n = read(STDIN_FILENO, input, sizeof input);
		if (n <= 0)
			_exit(0);
		input_at = 0;
		input_len = (size_t)n;
	}
	return input[input_at++];
}

/* Without its end, cut. */
static inline void
read_line(char line[LINE])
{
	size_t len = 0;

	for (char c = next_byte(); c != '\n'; c = next_byte())
		if (len < LINE - 1 && c != '\r')
			line[len++] = c;
	line[len] = '\0';
}

#endif
