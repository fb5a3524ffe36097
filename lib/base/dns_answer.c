/* dns_answer.c: what a name server answered: records of one name and type. */
#include "dns_answer.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "scope.h"

/* as the library writes them */
enum { NAME_MAX_TEXT = NS_MAXDNAME };

void
drop_dns_answer(struct dns_answer *answer)
{
	drop_pool(&answer->pool);
	*answer = (struct dns_answer){ 0 };
}

/* --- the header ---------------------------------------------------------- */

static unsigned
byte(struct slice s, size_t at)
{
	return (unsigned char)s.p[at];
}

static unsigned
code_of(struct slice message)
{
	return byte(message, 3) & 0x0F;
}

bool
dns_is_cut(struct slice message)
{
	return message.len >= DNS_HEADER && (byte(message, 2) & 0x02) != 0;
}

/* A server that could not even read the question may leave it out. */
static bool
repeats_question(struct slice question, struct slice message)
{
	unsigned count = byte(message, 4) << 8 | byte(message, 5);

	if (count == 0)
		return code_of(message) != ns_r_noerror &&
		    code_of(message) != ns_r_nxdomain;
	return count == 1 && message.len >= question.len &&
	    slice_same(slice_from(question, DNS_HEADER), (struct slice){
	    message.p + DNS_HEADER, question.len - DNS_HEADER });
}

bool
dns_answers(struct slice question, struct slice message)
{
	return question.len > DNS_HEADER && message.len >= DNS_HEADER &&
	    memcmp(question.p, message.p, 2) == 0 &&
	    (byte(message, 2) & 0xF8) == 0x80 &&
	    repeats_question(question, message);
}

/* --- records ------------------------------------------------------------- */

struct reading {
	ns_msg			 msg;
	unsigned		 type;
	char			 name[NAME_MAX_TEXT];
	struct dns_answer	*out;
	size_t			 room;
};

/* The record at index of the answer, when it is the name's and of the type. */
static int
record_at(struct reading *r, int index, unsigned type, ns_rr *rr)
{
	if (ns_parserr(&r->msg, ns_s_an, index, rr) == -1)
		return -1;
	return ns_rr_type(*rr) == type && ns_rr_class(*rr) == ns_c_in &&
	    strcasecmp(ns_rr_name(*rr), r->name) == 0;
}

static int
name_in(const struct reading *r, const ns_rr *rr, size_t at,
    char out[static NAME_MAX_TEXT])
{
	if (ns_rr_rdlen(*rr) <= at)
		return -1;
	return ns_name_uncompress(ns_msg_base(r->msg), ns_msg_end(r->msg),
	    ns_rr_rdata(*rr) + at, out, NAME_MAX_TEXT) == -1 ? -1 : 0;
}

static int
take_name(struct reading *r, const ns_rr *rr, struct dns_record *record)
{
	char name[NAME_MAX_TEXT];
	size_t at = r->type == DNS_MX ? 2 : 0;

	if (name_in(r, rr, at, name) == -1)
		return -1;
	record->name = pool_dup(&r->out->pool,
	    slice_of(name[0] != '\0' ? name : "."));
	if (at == 2)
		record->preference = ns_get16(ns_rr_rdata(*rr));
	return 0;
}

static int
take_address(struct reading *r, const ns_rr *rr, struct dns_record *record)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	bool is_four = r->type == DNS_A;

	if (ns_rr_rdlen(*rr) != (is_four ? 4 : 16))
		return -1;
	if (is_four) {
		memcpy(&four.sin_addr, ns_rr_rdata(*rr), 4);
		memcpy(&record->address, &four, sizeof four);
	} else {
		memcpy(&six.sin6_addr, ns_rr_rdata(*rr), 16);
		memcpy(&record->address, &six, sizeof six);
	}
	return 0;
}

/* Strings of up to 255 bytes, each behind its length (RFC 7208, 3.3: they are
 * one). */
static int
take_strings(struct reading *r, const ns_rr *rr, struct dns_record *record)
{
	SCOPED(drop_str) struct str text = { 0 };
	size_t len = ns_rr_rdlen(*rr), at = 0;
	const unsigned char *data = ns_rr_rdata(*rr);

	while (at < len) {
		size_t n = data[at++];
		if (n > len - at)
			return -1;
		str_add(&text, data + at, n);
		at += n;
	}
	record->text = (struct slice){ pool_dup(&r->out->pool,
	    str_slice(&text)), text.len };
	return 0;
}

static int
take_bytes(struct reading *r, const ns_rr *rr, struct dns_record *record)
{
	struct slice data = { (const char *)ns_rr_rdata(*rr),
	    ns_rr_rdlen(*rr) };

	record->text = (struct slice){ pool_dup(&r->out->pool, data),
	    data.len };
	return 0;
}

static const struct taker {
	unsigned	type;
	int		(*take)(struct reading *, const ns_rr *,
			    struct dns_record *);
} takers[] = {
	{ DNS_A, take_address }, { DNS_AAAA, take_address },
	{ DNS_MX, take_name }, { DNS_PTR, take_name },
	{ DNS_TXT, take_strings }, { DNS_TLSA, take_bytes },
};

static int
take(struct reading *r, const ns_rr *rr)
{
	struct dns_answer *out = r->out;

	if (out->count == DNS_RECORDS_MAX) {
		out->more = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
		if (takers[i].type == r->type)
			return takers[i].take(r, rr,
			    &out->records[out->count++]);
	return -1;
}

/* From CNAME to CNAME, as far as this message tells.  -1: it has no end. */
static int
follow_aliases(struct reading *r)
{
	bool moved = true;
	ns_rr rr;

	for (int step = 0; moved; step++) {
		if (step > DNS_CHAIN_MAX)
			return -1;
		moved = false;
		for (int i = 0; i < ns_msg_count(r->msg, ns_s_an); i++) {
			int is = record_at(r, i, DNS_CNAME, &rr);
			if (is == -1)
				return -1;
			if (is == 0)
				continue;
			if (name_in(r, &rr, 0, r->name) == -1)
				return -1;
			moved = true;
			break;
		}
	}
	return 0;
}

static int
take_all(struct reading *r)
{
	int count = ns_msg_count(r->msg, ns_s_an);
	ns_rr rr;

	r->out->records = pool_alloc(&r->out->pool,
	    (size_t)(count < DNS_RECORDS_MAX ? count : DNS_RECORDS_MAX) *
	    sizeof *r->out->records);
	for (int i = 0; i < count; i++) {
		int is = record_at(r, i, r->type, &rr);
		if (is == -1 || (is == 1 && take(r, &rr) == -1))
			return -1;
	}
	return 0;
}

/* --- the whole ----------------------------------------------------------- */

static const char *
failure_of(struct dns_answer *out, unsigned code)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
	    "NXDOMAIN", "NOTIMP", "REFUSED" };

	return code < sizeof names / sizeof *names ? names[code] :
	    pool_format(&out->pool, "error %u", code);
}

static int
read_question(struct reading *r, struct slice question)
{
	const unsigned char *start = (const unsigned char *)question.p,
	    *end = start + question.len;
	int n = ns_name_uncompress(start, end, start + DNS_HEADER, r->name,
	    sizeof r->name);

	if (n == -1 || question.len < (size_t)(DNS_HEADER + n + 4))
		return -1;
	r->type = ns_get16(start + DNS_HEADER + n);
	return 0;
}

static int
fail(struct dns_answer *out, struct err *err)
{
	drop_dns_answer(out);
	return err_set(err, ERR_INVALID, "the answer cannot be read");
}

int
dns_read(struct slice question, struct slice message, struct dns_answer *out,
    struct err *err)
{
	struct reading r = { .out = out };
	char asked[NAME_MAX_TEXT];

	*out = (struct dns_answer){ 0 };
	if (!dns_answers(question, message) || message.len > DNS_MESSAGE_MAX ||
	    read_question(&r, question) == -1)
		return fail(out, err);
	unsigned code = code_of(message);
	if (code != ns_r_noerror && code != ns_r_nxdomain) {
		out->outcome = DNS_FAILED;
		out->failure = failure_of(out, code);
		return 0;
	}
	memcpy(asked, r.name, sizeof asked);
	if (ns_initparse((const unsigned char *)message.p, (int)message.len,
	    &r.msg) == -1)
		return fail(out, err);
	out->authentic = ns_msg_getflag(r.msg, ns_f_ad) != 0;
	if (follow_aliases(&r) == -1) {
		out->outcome = DNS_FAILED;
		out->failure = "its CNAMEs lead nowhere";
		return 0;
	}
	if (take_all(&r) == -1)
		return fail(out, err);
	if (strcasecmp(asked, r.name) != 0)
		out->alias = pool_dup(&out->pool, slice_of(r.name));
	out->outcome = out->count > 0 ? DNS_FOUND :
	    code == ns_r_nxdomain ? DNS_NO_NAME : DNS_NONE;
	return 0;
}
