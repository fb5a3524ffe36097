/* dns_answer.h: what a name server answered: records of one name and type.
 *
 * Whoever rules a zone chooses the bytes.  Names come as RFC 1035, 5.1 writes
 * them: printable ASCII, other bytes as \DDD, dots within a label as \., no dot
 * at the end; "." is the root.  Texts come as they are.
 */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "err.h"
#include "pool.h"
#include "str.h"

enum dns_type {
	DNS_A = 1, DNS_CNAME = 5, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16,
	DNS_AAAA = 28, DNS_TLSA = 52,
};

enum dns_outcome {
	DNS_FOUND,	/* there are such records */
	DNS_NONE,	/* there is the name, and no such record */
	DNS_NO_NAME,	/* there is no such name */
	DNS_FAILED,	/* the server cannot tell; failure says why */
};

enum {
	DNS_HEADER = 12,
	DNS_MESSAGE_MAX = 65535,
	DNS_RECORDS_MAX = 1000,		/* that are kept */
	DNS_CHAIN_MAX = 16,		/* CNAMEs one behind the other */
};

struct dns_record {
	const char		*name;		/* MX, PTR */
	unsigned		 preference;	/* MX */
	struct sockaddr_storage	 address;	/* A, AAAA; port 0 */
	/* TXT: its strings as one; TLSA: its bytes */
	struct slice		 text;
};

/* A zero value is empty; it must stay where it is (pool.h). */
struct dns_answer {
	struct pool		 pool;
	enum dns_outcome	 outcome;
	const char		*failure;	/* DNS_FAILED: "SERVFAIL" */
	/* the server says that it checked the signatures (DNSSEC) */
	bool			 authentic;
	/* whose records these are, where that is another name (CNAME) */
	const char		*alias;
	struct dns_record	*records;
	size_t			 count;
	bool			 more;		/* than are kept */
};
void	drop_dns_answer(struct dns_answer *answer);

/* Whether the message answers this very question (a whole message, as it was
 * sent): id, name, type, class. */
bool	dns_answers(struct slice question, struct slice message);

/* Whether it was cut, and is to be asked for by TCP. */
bool	dns_is_cut(struct slice message);

/* Reads an answer to the question.  ERR_INVALID: it cannot be read. */
int	dns_read(struct slice question, struct slice message,
	    struct dns_answer *out, struct err *err);

#endif
