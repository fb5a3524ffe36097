/* alias_list_fuzz.c: lists of alias members, by line and not, trusted or not. */
#include "fuzz.h"

#include <string.h>

#include "alias_list.h"
#include "scope.h"

struct members {
	bool			 fine;
	struct alias_member	*member;
	size_t			 count;
	unsigned		 line;
	struct err		 err;
};

static struct members
parse(struct pool *pool, struct slice text, bool by_line,
    enum alias_trust trust)
{
	struct members m = { .line = 1 };

	m.fine = alias_list_parse(pool, text, by_line, trust, &m.line,
	    &m.member, &m.count, &m.err) == 0;
	promise(m.fine || m.err.kind == ERR_INVALID, "what is wrong is invalid");
	promise(m.line >= 1 && m.line <= 1 + fuzz_lines(text),
	    "an error is in a line of the text");
	return m;
}

static void
same(const struct members *a, const struct members *b, const char *sentence)
{
	promise(b->fine && a->count == b->count, sentence);
	for (size_t i = 0; i < a->count; i++)
		promise(a->member[i].kind == b->member[i].kind &&
		    strcmp(a->member[i].text, b->member[i].text) == 0,
		    sentence);
}

static void
may_stand_there(const struct members *m, enum alias_kind last)
{
	for (size_t i = 0; i < m->count; i++)
		promise(m->member[i].kind <= last,
		    "an untrusted list has no command, file or include");
}

static void
look_at(const struct members *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct alias_member *member = &m->member[i];
		promise(member->text[0] != '\0', "no member is empty");
		promise(strpbrk(member->text, "\r\n\033") == NULL,
		    "no member has control bytes");
		promise(member->line >= (i > 0 ? m->member[i - 1].line : 1) &&
		    member->line <= m->line, "members are in their lines");
		promise(member->kind != ALIAS_FILE ||
		    member->text[0] == '/', "a file begins with /");
	}
}

/* As an entry shows them, each by itself and all of them as a list. */
static void
there_and_back(const struct members *m, bool by_line)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str list = { 0 };

	for (size_t i = 0; i < m->count; i++) {
		SCOPED(drop_str) struct str text = { 0 };
		struct members one = { .fine = true, .count = 1 }, got = one;
		struct alias_member member;
		one.member = &m->member[i];
		got.member = &member;
		alias_member_add(&text, one.member);
		got.fine = alias_parse_member(&pool, str_slice(&text), &member,
		    &got.err) == 0;
		same(&one, &got, "a member that is shown is the same member");
		str_addf(&list, "%s%s", i == 0 ? "" : by_line ? "\n" : ", ",
		    str_text(&text));
	}
	struct members again = parse(&pool, str_slice(&list), by_line,
	    ALIAS_TRUSTED);
	same(m, &again, "a list that is shown is the same list");
}

void
fuzz(struct slice input)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool by_line = fuzz_choice(&input) % 2 == 1;
	struct members all = parse(&pool, input, by_line, ALIAS_TRUSTED),
	    commands = parse(&pool, input, by_line, ALIAS_COMMANDS),
	    addresses = parse(&pool, input, by_line, ALIAS_ADDRESSES);

	if (commands.fine) {
		may_stand_there(&commands, ALIAS_COMMAND);
		same(&commands, &all, "trust allows more, and changes nothing");
	}
	if (addresses.fine) {
		may_stand_there(&addresses, ALIAS_MAILBOX);
		same(&addresses, &commands,
		    "commands allow more, and change nothing");
	}
	if (all.fine) {
		look_at(&all);
		there_and_back(&all, by_line);
	}
}
