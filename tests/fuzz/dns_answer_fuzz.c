/* dns_answer_fuzz.c: what a name server, or who plays one, can send. */
#include "fuzz.h"

#include <string.h>

#include "dns_answer.h"
#include "scope.h"

static const unsigned char types[] = { DNS_A, DNS_MX, DNS_PTR, DNS_TXT,
    DNS_AAAA, DNS_TLSA };

/* "a.test" */
static const char start[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\4test\0\0";
enum { NAME_END = sizeof start - 1 };

static bool
is_written(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (*c <= 0x20 || *c >= 0x7F)
			return false;
	return name[0] != '\0' && strlen(name) < 1025;
}

static void
check_record(const struct dns_record *r, unsigned type)
{
	bool is_address = type == DNS_A || type == DNS_AAAA;

	promise((r->name != NULL) == (type == DNS_MX || type == DNS_PTR),
	    "names are what such records have");
	promise(r->name == NULL || is_written(r->name),
	    "a name is printable ASCII");
	promise((r->address.ss_family != 0) == is_address,
	    "so are addresses");
	promise(r->text.len <= DNS_MESSAGE_MAX, "a text is bounded");
}

static void
check_answer(const struct dns_answer *answer, unsigned type)
{
	promise(answer->count <= DNS_RECORDS_MAX, "records are bounded");
	promise((answer->outcome == DNS_FOUND) == (answer->count > 0),
	    "what is found is there");
	promise((answer->outcome == DNS_FAILED) == (answer->failure != NULL),
	    "a failure says why");
	promise(answer->alias == NULL || is_written(answer->alias),
	    "another name is printable ASCII");
	for (size_t i = 0; i < answer->count; i++)
		check_record(&answer->records[i], type);
}

static void
read_one(struct slice question, struct slice message, unsigned type)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	struct err err = { 0 };
	int got = dns_read(question, message, &answer, &err);

	promise((got == -1) == (err.kind != 0), "what is wrong is said");
	promise(got == -1 || dns_answers(question, message),
	    "what answers something else is not read");
	promise(got == 0 || answer.count == 0, "nothing of it is believed");
	if (got == 0)
		check_answer(&answer, type);
}

/* The input as it is; and as what follows a header and question that fit. */
void
fuzz(struct slice input)
{
	SCOPED(drop_str) struct str question = { 0 }, message = { 0 };
	unsigned type = types[fuzz_choice(&input) % sizeof types];

	str_add(&question, start, NAME_END);
	str_addc(&question, (char)type);
	str_add(&question, "\0\1", 2);
	read_one(str_slice(&question), input, type);
	unsigned count = fuzz_choice(&input);
	str_addslice(&message, str_slice(&question));
	message.s[2] = '\x81';
	message.s[3] = '\x80';
	message.s[7] = (char)count;
	str_addslice(&message, input);
	read_one(str_slice(&question), str_slice(&message), type);
}
