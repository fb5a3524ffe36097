/* operations.c: the table of operations. */
#include "operation.h"

#include "ops.h"
#include "param.h"

#define DOMAIN		{ "D", &param_domain, ONE, "The domain." }
#define NAMES		{ "D | PATTERN", &param_domain_pattern, ONE, "A domain, or a pattern such as 'info*@example.*'." }
#define ACCOUNT		{ "U@D", &param_account, ONE, "The account; without @D of the caller's own domain." }
#define ALIAS		{ "L@D", &param_alias, ONE, "The alias; without @D of the caller's own domain." }
#define MEMBERSHIP	{ "L@D", &param_membership, ONE, "The alias; without @D of the caller's own domain." }
#define AUTO		{ "NAME@D", &param_auto, ONE, "What is answered; without @D of the caller's own domain." }
#define ADMIN		{ "NAME", &param_admin, ONE, "The administrator, or NAME@D." }
#define ADMIN_DOMAIN	{ "D", &param_domain, OPTIONAL, "The domain; without it everything, which is root's to give." }
#define DOMAIN_SETTING	"NAME=VALUE", &param_domain_setting
#define ACCOUNT_SETTING	"NAME=VALUE", &param_account_setting
#define PASSWORD_STDIN	{ "--password-stdin", &param_flag, OPTIONAL, \
			  "Read the password from the first line of standard input." }

#define CSV		{ "FILE", &param_file, ONE, \
			  "A CSV whose first line names its columns: address, name, quota, forward, filter, password " \
			  "or hash, and the profile as 'user set' names it (from-address for address); - " \
			  "for standard input." }


const struct operation operations[] = {
	{ "domain add", "Make a domain that works: its files, directories and postmaster.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_add, .params = {
		DOMAIN, { DOMAIN_SETTING, ANY, "Settings of domain.D; see vmail.conf(5)." } } },
	{ "domain show", "Show a domain: where it is, how many accounts, its settings.",
	  .least = CALLER_DOMAIN, .run = domain_show, .params = { DOMAIN } },
	{ "domain list", "List the domains and domain aliases.",
	  .least = CALLER_DOMAIN, .run = domain_list, .params = {
		{ "PATTERN", &param_pattern, OPTIONAL, "Only these; * and ? stand for anything." } } },
	{ "domain set", "Change settings of a domain; its file keeps comments and order.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_set, .params = {
		DOMAIN, { DOMAIN_SETTING, SOME, "Settings of domain.D; see vmail.conf(5)." } } },

	{ "domain alias", "Make another name mean a domain: all said of one holds for the other.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_alias, .params = {
		DOMAIN, { "ALIAS", &param_domain, ONE, "The other name." } } },
	{ "domain unalias", "Take a domain alias away.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_unalias, .params = {
		{ "ALIAS", &param_domain, ONE, "The domain alias." } } },
	{ "domain lock", "Let nobody of a domain fetch mail; it still arrives.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_lock, .params = { DOMAIN } },
	{ "domain unlock", "Let mail of a domain be fetched again.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_unlock, .params = { DOMAIN } },

	{ "domain rename", "Give a domain another name; the old one stays a domain alias.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_rename, .params = {
		DOMAIN, { "NEW", &param_domain, ONE, "The new name." } } },
	{ "domain delete", "Take a domain away; its mail and files go to a trash.",
	  .least = CALLER_GLOBAL, .changes = true, .ask = domain_delete_ask, .run = domain_delete, .params = {
		DOMAIN, { "--with-accounts", &param_flag, OPTIONAL, "Also where it has accounts." },
		{ "--yes", &param_flag, OPTIONAL, "Do not ask on a terminal." } } },
	{ "domain restore", "Bring a deleted domain back, with accounts, mail and domain aliases.",
	  .least = CALLER_GLOBAL, .changes = true, .run = domain_restore, .params = { DOMAIN } },
	{ "domain purge", "Remove what is in the trash of a deleted domain for good.",
	  .least = CALLER_GLOBAL, .changes = true, .ask = domain_purge_ask, .run = domain_purge, .params = {
		DOMAIN, { "--yes", &param_flag, OPTIONAL, "Do not ask on a terminal." } } },

	{ "user add", "Make an account; asks for the password twice, or makes one and prints it.",
	  .least = CALLER_DOMAIN, .changes = true, .ask = user_add_ask, .run = user_add, .params = {
		ACCOUNT, { ACCOUNT_SETTING, ANY, "Its settings, as for user set." }, PASSWORD_STDIN } },
	{ "user show", "Show an account, and the aliases that name it.",
	  .least = CALLER_ACCOUNT, .run = user_show, .params = { ACCOUNT } },
	{ "user list", "List accounts.",
	  .least = CALLER_DOMAIN, .run = user_list, .params = {
		{ "D | PATTERN", &param_domain_pattern, OPTIONAL,
		  "A domain, or a pattern such as '*@example.net'; all domains without it." } } },
	{ "user search", "Find accounts by any part of their names, addresses, telephones or title.",
	  .least = CALLER_DOMAIN, .run = user_search, .params = {
		{ "WORD", &param_pattern, ONE, "The part; * and ? in it stand for anything." } } },
	{ "user set", "Change an account's name, limit, forward, filter or profile.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = user_set, .params = {
		ACCOUNT, { ACCOUNT_SETTING, SOME,
		  "name, quota, forward, filter, first-name, title ...: 'vadmin settings' lists them." } } },
	{ "user passwd", "Change a password (an account its own, behind the old one); empty keeps it.",
	  .least = CALLER_ACCOUNT, .changes = true, .ask = user_passwd_ask, .run = user_passwd, .params = { ACCOUNT, PASSWORD_STDIN } },
	{ "user lock", "Forbid logins; mail still arrives.",
	  .least = CALLER_DOMAIN, .changes = true, .run = user_lock, .params = { ACCOUNT } },
	{ "user unlock", "Allow logins again, with the password from before.",
	  .least = CALLER_DOMAIN, .changes = true, .run = user_unlock, .params = { ACCOUNT } },
	{ "user rename", "Give an account another name; mail for the old one still reaches it.",
	  .least = CALLER_DOMAIN, .changes = true, .run = user_rename, .params = {
		ACCOUNT, { "NEW", &param_account, ONE, "The new name, in the same domain." },
		{ "--no-alias", &param_flag, OPTIONAL, "Refuse mail for the old name from then on." } } },
	{ "user delete", "Take an account away; its mail and home go to a trash beside them.",
	  .least = CALLER_DOMAIN, .changes = true, .ask = user_delete_ask, .run = user_delete, .params = {
		ACCOUNT, { "--replace-by", &param_successor, OPTIONAL,
		  "Whom aliases, forwards and fallbacks lead to from then on, with domain." },
		{ "--yes", &param_flag, OPTIONAL, "Do not ask on a terminal." } } },

	{ "user restore", "Bring a deleted account back, with its mail, password and home.",
	  .least = CALLER_DOMAIN, .changes = true, .run = user_restore, .params = { ACCOUNT } },
	{ "user purge", "Remove what is in the trash of a deleted account for good.",
	  .least = CALLER_DOMAIN, .changes = true, .ask = user_purge_ask, .run = user_purge, .params = {
		ACCOUNT, { "--yes", &param_flag, OPTIONAL, "Do not ask on a terminal." } } },

	{ "user vacation", "Switch an account's vacation on or off, or show it.",
	  .least = CALLER_ACCOUNT, .changes = true, .ask = user_vacation_ask, .run = user_vacation, .params = {
		ACCOUNT, { "on|off|show", &param_switch, OPTIONAL,
		  "What to do; with a new text everybody is told once more." },
		{ "--text", &param_file, OPTIONAL, "The file with what is sent; - for standard input." } } },

	{ "user quota", "Show or change how much an account's inbox may hold.",
	  .least = CALLER_DOMAIN, .changes = true, .run = user_quota, .params = {
		ACCOUNT, { "kB|none|disabled|default", &param_quota, OPTIONAL,
		  "A number of kB (or with k, M, G); no limit; no mail at all; the domain's limit." } } },
	{ "user forward", "Send an account's mail elsewhere, or show where it goes.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = user_forward, .params = {
		ACCOUNT, { "ADDRESS|off", &param_member, ANY, "Where to; off: nowhere else any more." },
		{ "--keep", &param_flag, OPTIONAL, "A copy stays in the inbox." } } },
	{ "user grant", "Let another account of the domain open an account's inbox, or no longer.",
	  .least = CALLER_DOMAIN, .changes = true, .run = user_grant, .params = {
		ACCOUNT, { "WHO", &param_account, ONE, "The other account, with or without its domain." },
		{ "retrieve|all|none", &param_grant, ONE,
		  "Read, read and delete, or nothing any more." } } },

	{ "user import", "Make accounts from a CSV: all that it names, or none when a line is wrong.",
	  .changes = true, .ask = user_import_ask, .run = user_import, .params = { CSV } },
	{ "user export", "Print accounts as a CSV that user import takes.",
	  .run = user_export, .params = {
		{ "D | PATTERN", &param_pattern, OPTIONAL,
		  "A domain, or a pattern such as '*@example.net'; all domains without it." },
		{ "--hashes", &param_flag, OPTIONAL, "With the hashes of their passwords." } } },

	{ "alias add", "Add members to an alias, which is made when missing.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = alias_add, .params = {
		ALIAS, { "MEMBER", &param_member, ANY,
		  "An account, an address, |command, /file or :include:/file." },
		{ "--for", &param_account, OPTIONAL,
		  "Whose a new alias is: an account of its domain, its owner and first member." } } },
	{ "alias show", "Show an alias: what it is, who owns it, who is in it.",
	  .least = CALLER_ACCOUNT, .run = alias_show, .params = { ALIAS } },
	{ "alias list", "List a domain's aliases.",
	  .least = CALLER_DOMAIN, .run = alias_list, .params = { NAMES } },
	{ "alias search", "Find aliases by any part of their name, members or description.",
	  .least = CALLER_DOMAIN, .run = alias_search, .params = {
		{ "WORD", &param_pattern, ONE, "The part; * and ? in it stand for anything." },
		{ "D", &param_domain, OPTIONAL, "Only in this domain." } } },
	{ "alias set", "Say what an alias is and who owns it, or make it have these members alone.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = alias_set, .params = {
		ALIAS, { "MEMBER|description=|owners=|membership=", &param_member, SOME,
		  "As for alias add; or description=TEXT, owners=LIST (accounts of the domain), "
		  "membership=open|restricted. Without members those that are there stay." } } },
	{ "alias delete", "Take members out of an alias, or all of it away.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = alias_delete, .params = {
		ALIAS, { "MEMBER", &param_member, ANY, "Only these; without any the whole alias." } } },
	{ "alias join", "Make an account a member of an alias.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = alias_join, .params = {
		MEMBERSHIP, { "U", &param_account, OPTIONAL,
		  "An account of the alias's domain; an account that calls is meant itself." } } },
	{ "alias leave", "Take an account out of an alias; it owns the alias no more either.",
	  .least = CALLER_ACCOUNT, .changes = true, .run = alias_leave, .params = {
		MEMBERSHIP, { "U", &param_account, OPTIONAL,
		  "An account of the alias's domain; an account that calls is meant itself." } } },

	{ "auto set", "Make an autoresponder answer with a file's text.",
	  .least = CALLER_DOMAIN, .changes = true, .ask = auto_set_ask, .run = auto_set, .params = {
		AUTO, { "FILE", &param_file, ONE, "The text; - for standard input." } } },
	{ "auto show", "Show what an autoresponder answers.",
	  .least = CALLER_DOMAIN, .run = auto_show, .params = { AUTO } },
	{ "auto list", "List a domain's autoresponders.",
	  .least = CALLER_DOMAIN, .run = auto_list, .params = { NAMES } },
	{ "auto delete", "Take an autoresponder away.",
	  .least = CALLER_DOMAIN, .changes = true, .run = auto_delete, .params = { AUTO } },

	{ "admin add", "Make an administrator of a domain, or of everything.",
	  .least = CALLER_GLOBAL, .changes = true, .ask = admin_add_ask, .run = admin_add, .params = {
		ADMIN, ADMIN_DOMAIN, PASSWORD_STDIN } },
	{ "admin list", "List the administrators of a domain, or of everything, as --as takes them.",
	  .least = CALLER_GLOBAL, .run = admin_list, .params = { ADMIN_DOMAIN } },
	{ "admin delete", "Take an administrator away.",
	  .least = CALLER_GLOBAL, .changes = true, .run = admin_delete, .params = { ADMIN, ADMIN_DOMAIN } },
	{ "admin passwd", "Change an administrator's password; an empty answer keeps it.",
	  .least = CALLER_GLOBAL, .changes = true, .ask = admin_passwd_ask, .run = admin_passwd, .params = {
		ADMIN, ADMIN_DOMAIN, PASSWORD_STDIN } },

	{ "import csv", "The same as user import.",
	  .changes = true, .ask = user_import_ask, .run = user_import, .params = { CSV } },
	{ "import linuxconf", "Take the virtual e-mail domains of a Linuxconf machine.",
	  .changes = true, .run = import_linuxconf, .params = {
		{ "DIR", &param_file, ONE,
		  "Where its etc/vmail, var/spool/vmail and vhome lie; / where they are in place." },
		{ "D", &param_domain, ANY, "Only these domains." } } },
	{ "import postfix", "Make Postfix's virtual mailboxes and aliases ours; inboxes stay where they are.",
	  .changes = true, .run = import_postfix, .params = {
		{ "MAIN.CF", &param_file, ONE, "Its settings; - for standard input, as from postconf." },
		{ "NAME=VALUE", &param_postfix, ANY,
		  "Instead of what MAIN.CF says; inbox=/srv/mail/%d/%u/ where tables have no paths." },
		{ "--passwords", &param_file, OPTIONAL,
		  "A passwd-file of Dovecot's with hashes; %d in its name is the domain." } } },

	{ "import maildirs", "Make a domain of a directory of accounts with Maildirs, as vpopmail has it.",
	  .changes = true, .run = import_maildirs, .params = {
		{ "DIR", &param_file, ONE, "The domain's directory: DIR/U/Maildir, perhaps DIR/vpasswd." },
		DOMAIN } },

	{ "quota", "Show how full inboxes are, the fullest first.",
	  .least = CALLER_DOMAIN, .run = quota, .params = {
		{ "DOMAIN", &param_domains, ANY, "Only these; all without any." } } },
	{ "explain", "Tell where mail for an address would go, and why; or who reaches an account.",
	  .least = CALLER_DOMAIN, .run = explain, .params = {
		{ "ADDRESS", &param_address, ONE, "The recipient; with --who an account." },
		{ "--from", &param_word, OPTIONAL, "Also what would happen to a message of this sender." },
		{ "--size", &param_size, OPTIONAL, "Of so many bytes (or with k, M, G)." },
		{ "--who", &param_flag, OPTIONAL, "List all addresses that reach the account." } } },
	{ "check", "Look for what would make deliveries or logins fail, here and in the DNS.",
	  .least = CALLER_GLOBAL, .run = check, .anywhere = true, .params = {
		{ "DOMAIN", &param_domains, ANY, "Only these; all without any." },
		{ "--files", &param_flag, OPTIONAL, "Look at files alone, not at the network." },
		{ "--resolver", &param_word, OPTIONAL, "The name server to ask, ADDRESS:PORT; else the system's." },
		{ "--selector", &param_word, OPTIONAL,
		  "Where keys of signatures (DKIM) are; a list; else those that are in use here." } } },
	{ "index", "Make the indexes of large files anew, for fast lookups.",
	  .least = CALLER_GLOBAL, .changes = true, .run = index_all, .params = {
		{ "DOMAIN", &param_domains, ANY, "Only of these; of all without any." } } },
	{ "settings", "List all settings with type, default and meaning.",
	  .least = CALLER_ANYBODY, .run = settings_list, .anywhere = true, .params = {
		{ "--sample", &param_sample, OPTIONAL, "Print a sample file: vmail.conf or domain." },
		{ "--mdoc", &param_sample, OPTIONAL,
		  "Print a manual page's list: vmail.conf or domain." } } },
	{ "log", "Show what was changed, by whom, and how to take it back; the newest last.",
	  .least = CALLER_GLOBAL, .run = show_log, .params = {
		{ "N|D|U@D", &param_filter, ANY,
		  "How many (20); only those of a domain or an account." },
		{ "--steps", &param_number, OPTIONAL, "What one of them did to which files." } } },
	{ "undo", "Take a change back, as log numbers it.",
	  .least = CALLER_GLOBAL, .changes = true, .run = undo, .params = {
		{ "N", &param_number, ONE, "Its number; that of an undo brings the change back." } } },
	{ "help", "Tell what there is, or about one operation.",
	  .least = CALLER_ANYBODY, .run = help, .anywhere = true, .params = {
		{ "OPERATION", &param_operation, ANY, "Its name, or the first word of several." },
		{ "--completion", &param_shell, OPTIONAL,
		  "Print what makes a shell complete the words of vadmin." } } },
	{ "complete", "Print what the last word of a command line can become; shells ask for it.",
	  .least = CALLER_ANYBODY, .run = complete, .anywhere = true, .params = {
		{ "WORD", &param_word, ANY, "The words behind 'vadmin', up to the one that is typed." } } },

	{ "backup", "Write an account, a domain or all, with mail, into one file.",
	  .run = backup, .params = {
		{ "U@D|D", &param_address, OPTIONAL, "Only this account, or this domain." },
		{ "FILE", &param_file, ONE, "The file, a tar archive; - for standard output." } } },
	{ "restore", "Bring back what a backup has: all of it, a domain or an account.",
	  .changes = true, .run = restore, .params = {
		{ "FILE", &param_file, ONE, "The backup." },
		{ "U@D|D", &param_address, OPTIONAL, "Only this account, or this domain." } } },

	{ "fsck", "Find what does not fit in files, mailboxes and homes, and repair what can be.",
	  .changes = true, .run = fsck, .params = {
		{ "--repair", &param_flag, OPTIONAL, "Repair it; what is doubtful is moved aside, never removed." },
		{ "DOMAIN", &param_domains, ANY, "Only these; all without any." } } },

	{ 0 }
};
