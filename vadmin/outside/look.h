/* look.h: one look at a domain, step by step, in a child of its own. */
#ifndef LOOK_H
#define LOOK_H

#include "deadline.h"
#include "dns.h"
#include "outside.h"

enum {
	LOOK_MX_MAX = 10,		/* hosts that are looked up */
	LOOK_ADDRESSES_MAX = 6,		/* of the POP host */
	LOOK_MS = 60000,		/* for all steps */
	LOOK_DNS_MS = 40000,
	LOOK_TEXT_MAX = 2000,
	POP3_PORT = 110, POP3S_PORT = 995,
};

struct look_address {
	struct sockaddr_storage	 address;
	char			 text[64];	/* without port */
	/* what port 110 said first; NULL: it did not answer */
	const char		*greeting;
	bool			 offers_stls;
};

struct look_mx {
	const char	*host;
	bool		 is_here;	/* it has an address of this machine */
};

struct look {
	const struct outside_question	*q;
	const struct step		*step;		/* that is being done */
	struct pool			 pool;
	struct dns			 dns;
	bool				 has_dns;
	struct str			 dns_fault;
	struct deadline			 end;
	int				 helper;	/* vcert; -1: none */
	const char			*helper_path;
	/* what this step found */
	struct str			 text;
	bool				 is_cut;	/* not all had room */
	enum outside_level		 level;
	/* what the steps before it found */
	struct look_mx			 mx[LOOK_MX_MAX];
	size_t				 mx_count;
	const char			*host;		/* NULL: none */
	struct look_address		 addresses[LOOK_ADDRESSES_MAX];
	size_t				 address_count;
};

struct step {
	const char		*name;
	/* what is looked at, for people */
	const char		*about;
	/* how bad it is at most */
	enum outside_level	 worst;
	/* it only warns where the address need not tell the domain; and, for
	 * one about its name, where the file addresses does */
	bool			 of_address, of_name;
	/* there has to be an address of the POP host */
	bool			 needs_address;
	/* it talks to the POP host, or looks at what that said */
	bool			 at_ports;
	void			(*look)(struct look *look);
};
extern const struct step steps[];
extern const size_t step_count;

/* What a step says.  Several sentences become one line. */
#define SAYS	__attribute__((format(printf, 2, 3)))
void	look_ok(struct look *look, const char *fmt, ...) SAYS;
void	look_none(struct look *look, const char *fmt, ...) SAYS;
void	look_warn(struct look *look, const char *fmt, ...) SAYS;
/* as bad as this step can be */
void	look_bad(struct look *look, const char *fmt, ...) SAYS;

/* One question.  0: *out has an answer (not DNS_FAILED).  -1: look_bad() was
 * called with why there is none. */
int	look_up(struct look *look, const char *name, enum dns_type type,
	    struct dns_answer *out);

/* The texts of a name that are of a kind: how many there are; *text is the
 * first.  -1: as look_up(). */
int	look_up_text(struct look *look, const char *name,
	    bool (*is)(struct slice text), struct dns_answer *answer,
	    struct slice *text);

/* The addresses of a host, of both families: how many it has, of which up to max
 * are there; *alias is set to what its CNAME says.  -1: as look_up(); those of
 * IPv4 are there if only the question for IPv6 failed. */
int	look_up_addresses(struct look *look, const char *host,
	    struct look_address *out, size_t max, size_t *count,
	    const char **alias);

/* Where a record has to stand so that who asks for name finds it: there, or
 * where its CNAME leads, beside which there is none (RFC 1034, 3.6.2). */
const char *look_place(struct look *look, const char *name,
	    const struct dns_answer *answer);

bool	look_is_here(const struct sockaddr_storage *address);
/* An address of this machine that others may reach, for a record; "ADDRESS"
 * where none is known. */
const char *look_own_address(struct look *look);

/* Whether it can be the name of a host (no control bytes, no escapes). */
bool	look_is_host(const char *name);
/* name is domain, or below it. */
bool	look_is_below(const char *name, const char *domain);

/* The steps, in files of their own. */
void	look_mx(struct look *look);
void	look_address(struct look *look);
void	look_here(struct look *look);
void	look_ptr(struct look *look);
void	look_port(struct look *look);
void	look_greeting(struct look *look);
void	look_stls(struct look *look);
void	look_pop3s(struct look *look);
void	look_spf(struct look *look);
void	look_dkim(struct look *look);
void	look_dmarc(struct look *look);
void	look_mta_sts(struct look *look);
void	look_tlsa(struct look *look);

/* All steps; each row goes to fd as soon as it and those before it are known. */
int	look_all(const struct outside_question *q, int helper,
	    const char *helper_path, int fd);

#endif
