/* conf.c: the settings of the installation and of a domain, as tables. */
#include "conf.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "networks.h"

/* A PAM service is the name of a file. */
static bool
is_service(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_' || (c == '.' && i > 0)))
			return false;
	}
	return name.len >= 1 && name.len <= PAM_SERVICE_MAX;
}

int
conf_auth(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	(void)row;
	if (!slice_is(value, "shadow") && !slice_is(value, "pam") &&
	    !(slice_starts(value, "pam:") && is_service(slice_from(value, 4))))
		return err_set(err, ERR_INVALID, "'%.*s' is not shadow, pam or "
		    "pam:SERVICE (letters, digits, '-', '_', '.')",
		    (int)(value.len > 80 ? 80 : value.len), value.p);
	*(const char **)field = pool_dup(pool, value);
	return 0;
}

/* A command that no shell starts: its first word is the program. */
int
conf_program(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	if (value.len == 0)
		return err_set(err, ERR_INVALID, "no program is named");
	return setting_text(row, pool, value, field, err);
}

int
conf_networks(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	struct slice rest = value, word;

	while (slice_word(&rest, &word))
		if (!networks_can_have(word))
			return err_set(err, ERR_INVALID, "'%.*s' is no address "
			    "and no network (192.0.2.1, 2001:db8::/32)",
			    (int)(word.len > 80 ? 80 : word.len), word.p);
	return setting_list(row, pool, value, field, err);
}

const char *
conf_pam_service(const struct domain_conf *conf)
{
	struct slice auth = slice_of(conf->auth);

	if (slice_starts(auth, "pam:"))
		return conf->auth + 4;
	return slice_is(auth, "pam") ? PAM_SERVICE : NULL;
}

#define V(field)	offsetof(struct vmail_conf, field)
#define D(field)	offsetof(struct domain_conf, field)

const struct setting vmail_settings[] = {
	{ "main-domain", setting_text, V(main_domain), "",
	  .help = "The machine's own domain, or one of ours for bare logins. "
	  "Empty: the host name without its first label." },
	{ "hostname", setting_text, V(hostname), "",
	  .help = "The machine's name in greetings and message names. Empty: "
	  "the system's host name." },
	{ "spool", setting_text, V(spool), "/var/spool/vmail",
	  .help = "The directory of the inboxes and of files/." },
	{ "homes", setting_text, V(homes), "/vhome",
	  .help = "New accounts get homes/D/home/U below this directory." },
	{ "command-user", setting_text, V(command_user), "nobody",
	  .help = "Who runs commands that belong to no account, and writes "
	  "/file targets." },
	{ "sendmail-user", setting_text, V(sendmail_user), "",
	  .help = "Who runs sendmail. Empty: the domain's owner, else "
	  "command-user." },
	{ "sendmail", conf_program, V(sendmail), "/usr/sbin/sendmail -i",
	  .help = "The command that takes a message for other machines, "
	  "without a shell; -f SENDER -- RECIPIENTS is added." },
	{ "admins", setting_list, V(admins), "",
	  .help = "System users who are global administrators." },
	{ "recipient-delimiter", setting_text, V(recipient_delimiter), "+",
	  .help = "What separates an account from an extension in an address. "
	  "Empty: nothing does." },
	{ "login-separators", setting_text, V(login_separators), "@%",
	  .help = "The characters that separate account and domain in a POP3 "
	  "login." },
	{ "domain-from", setting_list, V(domain_from), "login sni address",
	  .help = "Which ways choose the domain of a POP3 session: login, sni, "
	  "address." },
	{ "max-connections", setting_number, V(max_connections), "1000",
	  .min = 1, .max = 1000000,
	  .help = "How many connections vpop3d and vlmtpd each serve at once, "
	  "where they listen." },
	{ "max-connections-per-peer", setting_number,
	  V(max_connections_per_peer), "50", .min = 1, .max = 1000000,
	  .help = "How many of them one client address may have (of IPv6: "
	  "one network of 64 bits); Unix sockets have none." },
	{ "proxy-from", conf_networks, V(proxy_from), "",
	  .help = "Addresses and networks of proxies, which tell by a PROXY "
	  "header of version 2 whom they speak for (vpop3d)." },
	{ "max-message-size", setting_size, V(max_message_size), "50M",
	  .help = "The longest message that is delivered. 0: no limit." },
	{ "index-from", setting_size, V(index_from), "64k",
	  .help = "From which size on passwd.D, shadow.D and alias files have "
	  "an index beside them; see vmail-index(5). 0: none has." },
	{ "max-alias-depth", setting_number, V(max_alias_depth), "20", .min = 1,
	  .max = 1000, .help =
	  "How many aliases, includes, forwards and fallbacks may lead to one "
	  "target." },
	{ "max-recipients", setting_number, V(max_recipients), "10000",
	  .min = 1, .max = 10000000,
	  .help = "How many targets one expansion may have; it may look at "
	    "20,000 members more." },
	{ "delivery-timeout", setting_seconds, V(delivery_timeout), "280s",
	  .min = 1, .max = 86400,
	  .help = "How long a whole call of vdeliver may take, or one message "
	  "of vlmtpd; below the MTA's own limit." },
	{ "command-timeout", setting_seconds, V(command_timeout), "240s",
	  .min = 1, .max = 86400,
	  .help = "How long a command or a filter may take." },
	{ "lock-timeout", setting_seconds, V(lock_timeout), "60s", .min = 1,
	  .max = 86400, .help =
	  "How long to wait for the locks of a mailbox." },
	{ "login-timeout", setting_seconds, V(login_timeout), "180s", .min = 1,
	  .max = 86400, .help = "How long a POP3 client may take to log in." },
	{ "idle-timeout", setting_seconds, V(idle_timeout), "10m", .min = 1,
	  .max = 86400, .help =
	  "How long vpop3d (after login) and vlmtpd wait for a client that is "
	  "silent or does not read (RFC 1939: at least 10 minutes)." },
	{ "state", setting_text, V(state), "/var/lib/vmail",
	  .help = "The directory of what the programs remember; its empty/ "
	  "becomes the root of who talks to clients of POP3 and LMTP." },
	{ "rehash", setting_flag, V(rehash), "no",
	  .help = "Renew a password hash of an older method than yescrypt when "
	  "its owner logs in (vpop3d)." },
	{ "main-mailboxes", setting_text, V(main_mailboxes), "/var/mail/%u",
	  .help = "Where the inboxes of the system's own users lie, for a "
	  "vpop3d without a native pop3d: %u is the user; a last / makes it a "
	  "Maildir." },
	{ "tls-certificate", setting_text, V(tls_certificate), "",
	  .help = "The certificate (PEM, with its chain) that serves where no "
	  "other fits." },
	{ "tls-key", setting_text, V(tls_key), "",
	  .help = "Its private key (PEM). Empty: it is in the certificate's "
	  "file." },
	{ "log", setting_text, V(log), "mail",
	  .help = "A syslog facility, or stderr." },
	{ 0 }
};

static const char *const mailbox_words[] = { "mbox", "maildir", NULL };
static const char *const over_quota_words[] = { "bounce", "defer", NULL };
static const char *const forward_sender_words[] = { "keep", "owner", NULL };
static const char *const require_tls_words[] = { "auto", "yes", "no", NULL };

const struct setting domain_settings[] = {
	{ "description", setting_text, D(description), "",
	  .help = "What the domain is, for people." },
	{ "fallback", setting_text, D(fallback), "",
	  .help = "Where mail for unknown users goes: user@domain, @domain, a "
	  "name, | command; empty: refused." },
	{ "uid-start", setting_number, D(uid_start), "60000", .min = 1,
	  .max = 4294967293, .help =
	  "New accounts get user ids from here up." },
	{ "gid", setting_text, D(gid), "",
	  .help = "The group of the mail. Empty: popusers, else mail." },
	{ "inbox-limit", setting_kilobytes, D(inbox_limit), "0",
	  .help = "The size an inbox may have, in kB. 0: no limit." },
	{ "max-users", setting_number, D(max_users), "0", .max = 1000000000,
	  .help = "How many accounts the domain may have. 0: no limit." },
	{ "match-full-name", setting_flag, D(match_full_name), "no",
	  .help = "Whether first.last@domain finds the account of that full "
	  "name." },
	{ "filter", setting_text, D(filter), "",
	  .help = "A command that every message goes through, run as the "
	  "account." },
	{ "reject-mail", setting_flag, D(reject_mail), "no",
	  .help = "Refuse all mail but the postmaster's." },
	{ "lock-retrieval", setting_flag, D(lock_retrieval), "no",
	  .help = "Refuse all logins." },
	{ "co-administration", setting_flag, D(co_administration), "no",
	  .help = "Whether the domain's own administrators (admins.D) may act; "
	  "those of admins below may in any case." },
	{ "extra-aliases", setting_list, D(extra_aliases), "",
	  .help = "Further alias files, in order." },
	{ "mailbox", setting_word, D(mailbox), "mbox", .words = mailbox_words,
	  .help = "What a new inbox becomes: mbox or maildir." },
	{ "owner", setting_text, D(owner), "account",
	  .help = "account: each mailbox belongs to its account's uid. "
	  "USER[:GROUP]: one owner for all, and nothing needs root." },
	{ "over-quota", setting_word, D(over_quota), "bounce",
	  .words = over_quota_words,
	  .help = "What happens to mail for a full inbox: bounce or defer." },
	{ "admins", setting_list, D(admins), "",
	  .help = "System users who administer this domain." },
	{ "inbox", setting_text, D(inbox), "%d/%u",
	  .help = "Where inboxes lie, below the spool: %d is the domain, %u "
	  "the account; a last / makes new ones Maildirs." },
	{ "vacation-days", setting_number, D(vacation_days), "7", .max = 36500,
	  .help = "After how many days one sender is told again. 0: once for "
	  "ever." },
	{ "auto-rate", setting_number, D(auto_rate), "20", .max = 1000000,
	  .help = "How many answers of one autoresponder one sender gets per "
	  "hour. 0: none." },
	{ "user-commands", setting_flag, D(user_commands), "no",
	  .help = "Whether an account's own .forward may run commands." },
	{ "auth", conf_auth, D(auth), "shadow",
	  .help = "How passwords are checked: shadow, or pam[:service], a file "
	  "in /etc/pam.d (vpop3d)." },
	{ "login-delay", setting_seconds, D(login_delay), "0", .max = 86400,
	  .help = "The shortest time between two logins of one account "
	  "(vpop3d)." },
	{ "forward-sender", setting_word, D(forward_sender), "keep",
	  .words = forward_sender_words,
	  .help = "The envelope sender of what an account forwards: keep, or "
	  "owner (the account)." },
	{ "require-tls", setting_word, D(require_tls), "auto",
	  .words = require_tls_words,
	  .help = "Whether a password needs TLS: yes, no, or auto (as soon as "
	  "there is a certificate, except from this machine)." },
	{ "tls-certificate", setting_text, D(tls_certificate), "",
	  .help = "The domain's certificate (PEM, with its chain)." },
	{ "tls-key", setting_text, D(tls_key), "",
	  .help = "Its private key (PEM). Empty: it is in the certificate's "
	  "file." },
	{ 0 }
};

/* settings_read() remembers one line number for each row. */
static_assert(sizeof vmail_settings / sizeof *vmail_settings <= SETTINGS_ROWS,
    "too many rows");
static_assert(sizeof domain_settings / sizeof *domain_settings <= SETTINGS_ROWS,
    "too many rows");
