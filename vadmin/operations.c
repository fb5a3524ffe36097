/* operations.c: the table of operations. */
#include "operation.h"

#include "ops.h"
#include "param.h"

#define DOMAIN		{ "D", &param_domain, ONE, "The domain." }
#define ACCOUNT		{ "U@D", &param_account, ONE, "The account; without @D of the main domain." }
#define ALIAS		{ "L@D", &param_alias, ONE, "The alias; without @D of the main domain." }
#define AUTO		{ "NAME@D", &param_auto, ONE, "What is answered; without @D of the main domain." }
#define DOMAIN_SETTING	"NAME=VALUE", &param_domain_setting
#define ACCOUNT_SETTING	"NAME=VALUE", &param_account_setting
#define PASSWORD_STDIN	{ "--password-stdin", &param_flag, OPTIONAL, \
			  "Read the password from the first line of standard input." }

#define LATER(op)	{ .name = op }

const struct operation operations[] = {
	{ "domain add", "Make a domain that works: its files, directories and postmaster.",
	  .changes = true, .run = domain_add, .params = {
		DOMAIN, { DOMAIN_SETTING, ANY, "Settings of domain.D; see vmail.conf(5)." } } },
	{ "domain show", "Show a domain: where it is, how many accounts, its settings.",
	  .run = domain_show, .params = { DOMAIN } },
	{ "domain list", "List the domains and domain aliases.",
	  .run = domain_list, .params = {
		{ "PATTERN", &param_pattern, OPTIONAL, "Only these; * and ? stand for anything." } } },
	{ "domain set", "Change settings of a domain; its file keeps comments and order.",
	  .changes = true, .run = domain_set, .params = {
		DOMAIN, { DOMAIN_SETTING, SOME, "Settings of domain.D; see vmail.conf(5)." } } },

	{ "domain alias", "Make another name mean a domain: all said of one holds for the other.",
	  .changes = true, .run = domain_alias, .params = {
		DOMAIN, { "ALIAS", &param_domain, ONE, "The other name." } } },
	{ "domain unalias", "Take a domain alias away.",
	  .changes = true, .run = domain_unalias, .params = {
		{ "ALIAS", &param_domain, ONE, "The domain alias." } } },
	{ "domain lock", "Let nobody of a domain fetch mail; it still arrives.",
	  .changes = true, .run = domain_lock, .params = { DOMAIN } },
	{ "domain unlock", "Let mail of a domain be fetched again.",
	  .changes = true, .run = domain_unlock, .params = { DOMAIN } },

	{ "user add", "Make an account; asks for the password twice, or makes one and prints it.",
	  .changes = true, .ask = user_add_ask, .run = user_add, .params = {
		ACCOUNT, { ACCOUNT_SETTING, ANY, "Its settings, as for user set." }, PASSWORD_STDIN } },
	{ "user show", "Show an account, and the aliases that name it.",
	  .run = user_show, .params = { ACCOUNT } },
	{ "user list", "List accounts.",
	  .run = user_list, .params = {
		{ "D | PATTERN", &param_pattern, OPTIONAL,
		  "A domain, or a pattern such as '*@example.net'; all domains without it." } } },
	{ "user search", "Find accounts by any part of their names, addresses, telephones or title.",
	  .run = user_search, .params = {
		{ "WORD", &param_pattern, ONE, "The part; * and ? in it stand for anything." } } },
	{ "user set", "Change an account's name, limit, forward, filter or profile.",
	  .changes = true, .run = user_set, .params = {
		ACCOUNT, { ACCOUNT_SETTING, SOME,
		  "name, quota, forward, filter, first-name, title ...: 'vadmin settings' lists them." } } },
	{ "user passwd", "Change a password; an empty answer keeps it.",
	  .changes = true, .ask = user_passwd_ask, .run = user_passwd, .params = { ACCOUNT, PASSWORD_STDIN } },
	{ "user lock", "Forbid logins; mail still arrives.",
	  .changes = true, .run = user_lock, .params = { ACCOUNT } },
	{ "user unlock", "Allow logins again, with the password from before.",
	  .changes = true, .run = user_unlock, .params = { ACCOUNT } },
	{ "user delete", "Take an account away; its mail and home go to a trash beside them.",
	  .changes = true, .ask = user_delete_ask, .run = user_delete, .params = {
		ACCOUNT, { "--yes", &param_flag, OPTIONAL, "Do not ask on a terminal." } } },

	{ "user restore", "Bring a deleted account back, with its mail, password and home.",
	  .changes = true, .run = user_restore, .params = { ACCOUNT } },
	{ "user purge", "Remove what is in the trash of a deleted account for good.",
	  .changes = true, .ask = user_purge_ask, .run = user_purge, .params = {
		ACCOUNT, { "--yes", &param_flag, OPTIONAL, "Do not ask on a terminal." } } },

	{ "user vacation", "Switch an account's vacation on or off, or show it.",
	  .changes = true, .run = user_vacation, .params = {
		ACCOUNT, { "on|off|show", &param_switch, ONE,
		  "What to do; with a new text everybody is told once more." },
		{ "--text", &param_file, OPTIONAL, "The file with what is sent; - for standard input." } } },

	{ "user quota", "Show or change how much an account's inbox may hold.",
	  .changes = true, .run = user_quota, .params = {
		ACCOUNT, { "kB|none|disabled|default", &param_quota, OPTIONAL,
		  "A number of kB (or with k, M, G); no limit; no mail at all; the domain's limit." } } },
	{ "user forward", "Send an account's mail elsewhere, or show where it goes.",
	  .changes = true, .run = user_forward, .params = {
		ACCOUNT, { "ADDRESS|off", &param_member, ANY, "Where to; off: nowhere else any more." },
		{ "--keep", &param_flag, OPTIONAL, "A copy stays in the inbox." } } },
	{ "user grant", "Let another account of the domain open an account's inbox, or no longer.",
	  .changes = true, .run = user_grant, .params = {
		ACCOUNT, { "WHO", &param_account, ONE, "The other account, with or without its domain." },
		{ "retrieve|all|none", &param_grant, ONE,
		  "Read, read and delete, or nothing any more." } } },

	{ "alias add", "Add members to an alias, which is made when missing.",
	  .changes = true, .run = alias_add, .params = {
		ALIAS, { "MEMBER", &param_member, ANY,
		  "An account, an address, |command, /file or :include:/file." },
		{ "--for", &param_account, OPTIONAL,
		  "Whose a new alias is: an account of its domain, its owner and first member." } } },
	{ "alias show", "Show an alias: what it is, who owns it, who is in it.",
	  .run = alias_show, .params = { ALIAS } },
	{ "alias list", "List a domain's aliases.",
	  .run = alias_list, .params = { DOMAIN } },
	{ "alias search", "Find aliases by any part of their name, members or description.",
	  .run = alias_search, .params = {
		{ "WORD", &param_pattern, ONE, "The part; * and ? in it stand for anything." },
		{ "D", &param_domain, OPTIONAL, "Only in this domain." } } },
	{ "alias set", "Say what an alias is and who owns it, or make it have these members alone.",
	  .changes = true, .run = alias_set, .params = {
		ALIAS, { "MEMBER", &param_member, SOME,
		  "As for alias add; or description=TEXT, owners=LIST (accounts of the domain), "
		  "membership=open|restricted. Without members those that are there stay." } } },
	{ "alias delete", "Take members out of an alias, or all of it away.",
	  .changes = true, .run = alias_delete, .params = {
		ALIAS, { "MEMBER", &param_member, ANY, "Only these; without any the whole alias." } } },
	{ "alias join", "Make an account a member of an alias.",
	  .changes = true, .run = alias_join, .params = {
		ALIAS, { "U", &param_account, OPTIONAL,
		  "An account of the alias's domain; an account that calls is meant itself." } } },
	{ "alias leave", "Take an account out of an alias; it owns the alias no more either.",
	  .changes = true, .run = alias_leave, .params = {
		ALIAS, { "U", &param_account, OPTIONAL,
		  "An account of the alias's domain; an account that calls is meant itself." } } },

	{ "auto set", "Make an autoresponder answer with a file's text.",
	  .changes = true, .run = auto_set, .params = {
		AUTO, { "FILE", &param_file, ONE, "The text; - for standard input." } } },
	{ "auto show", "Show what an autoresponder answers.",
	  .run = auto_show, .params = { AUTO } },
	{ "auto list", "List a domain's autoresponders.",
	  .run = auto_list, .params = { DOMAIN } },
	{ "auto delete", "Take an autoresponder away.",
	  .changes = true, .run = auto_delete, .params = { AUTO } },

	{ "quota", "Show how full inboxes are, the fullest first.",
	  .run = quota, .params = {
		{ "DOMAIN", &param_domain, ANY, "Only these; all without any." } } },
	{ "explain", "Tell where mail for an address would go, and why; or who reaches an account.",
	  .run = explain, .params = {
		{ "ADDRESS", &param_address, ONE, "The recipient; with --who an account." },
		{ "--from", &param_word, OPTIONAL, "Also what would happen to a message of this sender." },
		{ "--size", &param_size, OPTIONAL, "Of so many bytes (or with k, M, G)." },
		{ "--who", &param_flag, OPTIONAL, "List all addresses that reach the account." } } },
	{ "check", "Look for what would make deliveries or logins fail.",
	  .run = check, .anywhere = true, .params = {
		{ "DOMAIN", &param_domain, ANY, "Only these; all without any." } } },
	{ "settings", "List all settings with type, default and meaning.",
	  .run = settings_list, .anywhere = true, .params = {
		{ "--sample", &param_word, OPTIONAL, "Print a sample file: vmail.conf or domain." },
		{ "--mdoc", &param_word, OPTIONAL,
		  "Print a manual page's list: vmail.conf or domain." } } },
	{ "help", "Tell what there is, or about one operation.",
	  .run = help, .anywhere = true, .params = {
		{ "OPERATION", &param_word, ANY, "Its name." } } },

	LATER("domain rename"), LATER("domain delete"),
	LATER("user rename"),
	LATER("user import"), LATER("user export"),
	LATER("admin add"), LATER("admin list"), LATER("admin delete"), LATER("admin passwd"),
	LATER("index"), LATER("import"), LATER("backup"), LATER("restore"),
	LATER("fsck"), LATER("log"), LATER("undo"),
	{ 0 }
};
