/* dialogue_fuzz.c: lines of a client, and the table of commands that they are
 * looked up in. */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dialogue.h"
#include "scope.h"

/* What came of the input: each line, and what it ran. */
struct seen {
	struct str	text;
	struct slice	line;
	bool		ran;
};

static void
note(struct seen *seen, const char *command, const struct slice *args,
    size_t count)
{
	SCOPED(drop_str) struct str again = { 0 };

	str_addlower(&again, slice_of(command));
	for (size_t i = 0; i < count; i++) {
		str_addc(&again, ' ');
		str_addlower(&again, args[i]);
	}
	promise(slice_same(str_slice(&again), seen->line),
	    "command and arguments are the line");
	seen->ran = true;
}

/* As the arguments of LIST, RETR and TOP are read. */
static void
number(struct slice arg)
{
	SCOPED(drop_str) struct str again = { 0 };
	struct slice digits = arg;
	uint64_t n;

	if (slice_number(arg, UINT64_MAX, &n) == -1)
		return;
	while (digits.len > 1 && digits.p[0] == '0')
		digits = slice_from(digits, 1);
	str_addf(&again, "%llu", (unsigned long long)n);
	promise(slice_equal(str_slice(&again), digits),
	    "a number is its digits alone");
	promise(slice_number(arg, n, &n) == 0 && (n == 0 ||
	    slice_number(arg, n - 1, &n) == -1), "a limit is one");
}

static void
without(void *arg, const struct slice *args, size_t count)
{
	promise(count == 0, "no more arguments than there may be");
	note(arg, "quit", args, count);
}

static void
some(void *arg, const struct slice *args, size_t count)
{
	promise(count >= 1 && count <= 2, "so many arguments as there may be");
	for (size_t i = 0; i < count; i++) {
		promise(args[i].len > 0 && !slice_has(args[i], ' '),
		    "an argument is a word");
		number(args[i]);
	}
	note(arg, "auth", args, count);
}

static void
rest(void *arg, const struct slice *args, size_t count)
{
	promise(count == 1, "the rest is one argument");
	note(arg, "pass", args, count);
}

static const struct dialogue_command commands[] = {
	{ .name = "QUIT", .run = without },
	{ .name = "AUTH", .min = 1, .max = 2, .run = some },
	{ .name = "PASS", .min = 1, .max = 1, .rest = true, .run = rest },
	{ 0 }
};

/* All lines of the bytes, which come in two pieces. */
static void
read_lines(struct slice bytes, size_t first, bool ahead, struct seen *seen)
{
	int ends[2], got;

	promise(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "a socket");
	struct dialogue *d = dialogue_new(ends[0], ends[0], -1, 5000);
	d->reads_ahead = ahead;
	for (int piece = 0; piece < 2 && d->end == END_NONE; piece++) {
		size_t len = piece == 0 ? first : bytes.len - first;
		promise(write(ends[1], bytes.p + piece * first, len) ==
		    (ssize_t)len, "the client writes");
		if (piece == 1)
			shutdown(ends[1], SHUT_WR);
		else if (len > 0)
			promise(dialogue_peek(d, &seen->line) == 0,
			    "the first piece is there");
		while ((piece == 1 || memchr(d->input + d->start, '\n',
		    d->len) != NULL) && (got = dialogue_line(d,
		    &seen->line)) != -1) {
			promise(got == 1 || got == 0, "a line, or too long");
			promise(seen->line.len < DIALOGUE_LINE,
			    "no line is too long");
			promise(ahead || d->len < DIALOGUE_LINE,
			    "no more is read ahead than can be handed over");
			str_addf(&seen->text, "%d", got);
			if (got == 0)
				continue;
			seen->ran = false;
			bool known = dialogue_run(commands, seen, seen->line);
			promise(known == seen->ran, "what is known is run");
			str_addslice(&seen->text, seen->line);
			str_addf(&seen->text, "\n%d", known);
			dialogue_forget(d);
		}
	}
	promise(d->end == END_HANGUP, "the client's end is seen");
	close(ends[0]);
	close(ends[1]);
	drop_dialogue(&d);
}

void
fuzz(struct slice input)
{
	SCOPED(drop_str) struct str many = { 0 };
	struct seen once = { 0 }, twice = { 0 }, ahead = { 0 };
	unsigned repeat = fuzz_choice(&input) % 8;
	size_t cut = fuzz_choice(&input);

	/* so that lines can be too long */
	for (unsigned i = 0; i <= repeat; i++)
		str_addslice(&many, input);
	struct slice all = str_slice(&many);
	read_lines(all, 0, false, &once);
	read_lines(all, cut < all.len ? cut : 0, false, &twice);
	read_lines(all, 0, true, &ahead);
	promise(slice_equal(str_slice(&once.text), str_slice(&twice.text)),
	    "pieces are what the whole is");
	promise(slice_equal(str_slice(&once.text), str_slice(&ahead.text)),
	    "reading ahead changes nothing");
	drop_str(&once.text);
	drop_str(&twice.text);
	drop_str(&ahead.text);
}
