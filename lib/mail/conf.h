/* conf.h: the settings of the installation and of a domain, as tables.
 *
 * The rows, their defaults and their help texts are in conf.c; the sample
 * files, "vadmin settings" and the manual pages are made from them.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/* vmail.conf */
struct vmail_conf {
	/* "": from the host name */
	const char		*main_domain;
	const char		*hostname;		/* "": the system's */
	const char		*spool;
	const char		*homes;
	const char		*command_user;
	/* "": the owner, else command-user */
	const char		*sendmail_user;
	const char		*sendmail;
	struct setting_words	 admins;
	const char		*recipient_delimiter;	/* "" = off */
	const char		*login_separators;
	struct setting_words	 domain_from;
	uint64_t		 max_connections;
	uint64_t		 max_connections_per_peer;
	struct setting_words	 proxy_from;
	uint64_t		 max_message_size;	/* bytes */
	uint64_t		 index_from;		/* bytes, 0 = none */
	uint64_t		 max_alias_depth;
	uint64_t		 max_recipients;
	/* seconds, as all that follow */
	uint64_t		 delivery_timeout;
	uint64_t		 command_timeout;
	uint64_t		 lock_timeout;
	uint64_t		 login_timeout;
	uint64_t		 idle_timeout;
	const char		*state;
	bool			 rehash;
	const char		*main_mailboxes;
	const char		*tls_certificate;
	const char		*tls_key;
	const char		*log;
};
extern const struct setting vmail_settings[];

enum mailbox_word { MAILBOX_MBOX, MAILBOX_MAILDIR };
enum over_quota_word { OVER_QUOTA_BOUNCE, OVER_QUOTA_DEFER };
enum forward_sender_word { FORWARD_KEEP, FORWARD_OWNER };
enum require_tls_word { REQUIRE_TLS_AUTO, REQUIRE_TLS_YES, REQUIRE_TLS_NO };

/* domain.D */
struct domain_conf {
	const char		*description;
	const char		*fallback;		/* "" = unknown user */
	uint64_t		 uid_start;
	/* "": popusers, else mail */
	const char		*gid;
	uint64_t		 inbox_limit;		/* bytes, 0 = none */
	uint64_t		 max_users;		/* 0 = none */
	bool			 match_full_name;
	const char		*filter;
	bool			 reject_mail;
	bool			 lock_retrieval;
	bool			 co_administration;
	struct setting_words	 extra_aliases;
	int			 mailbox;		/* enum mailbox_word */
	/* "account", or USER[:GROUP] */
	const char		*owner;
	/* enum over_quota_word */
	int			 over_quota;
	struct setting_words	 admins;
	const char		*inbox;
	uint64_t		 vacation_days;
	uint64_t		 auto_rate;
	bool			 user_commands;
	/* see conf_pam_service() */
	const char		*auth;
	uint64_t		 login_delay;		/* seconds */
	/* enum forward_sender_word */
	int			 forward_sender;
	/* enum require_tls_word */
	int			 require_tls;
	const char		*tls_certificate;
	const char		*tls_key;
};
extern const struct setting domain_settings[];

/* "auth": shadow, pam or pam:SERVICE, checked. */
setting_parser	conf_auth;		/* const char * */

/* A command of at least one word. */
setting_parser	conf_program;		/* const char * */

/* A list of addresses and networks. */
setting_parser	conf_networks;		/* struct setting_words */

/* The PAM service that checks the domain's passwords; NULL: shadow.D does. */
#define PAM_SERVICE	"vpop3d"
enum { PAM_SERVICE_MAX = 64 };
const char *conf_pam_service(const struct domain_conf *conf);

/* Bits of struct setting's refused_by: a program that cannot honour a setting
 * yet says so (a temporary failure), and never ignores it. */
enum conf_program {
	PROGRAM_VDELIVER = 1 << 0,	/* vlmtpd, too */
	PROGRAM_VPOP3D	 = 1 << 1,
	PROGRAM_VADMIN	 = 1 << 2,
};

#endif
