/* examples.c: two command lines for each operation.  A test runs all of them. */
#include "examples.h"

#include <stddef.h>
#include <string.h>

static const struct examples table[] = {
	{ "domain add", {
		"vadmin domain add example.org",
		"vadmin domain add example.org description='The example' inbox-limit=500M" } },
	{ "domain show", {
		"vadmin domain show example.org",
		"vadmin --json domain show example.org" } },
	{ "domain list", {
		"vadmin domain list",
		"vadmin domain list '*.org'" } },
	{ "domain set", {
		"vadmin domain set example.org fallback=ann",
		"vadmin domain set example.org max-users=50 inbox-limit=1G" } },
	{ "domain alias", {
		"vadmin domain alias example.org example.com",
		"vadmin -n domain alias example.org example.com" } },
	{ "domain unalias", {
		"vadmin domain unalias example.net",
		"vadmin -n domain unalias example.net" } },
	{ "domain lock", {
		"vadmin domain lock example.org",
		"vadmin -n domain lock example.org" } },
	{ "domain unlock", {
		"vadmin domain unlock example.org",
		"vadmin -n domain unlock example.org" } },
	{ "domain rename", {
		"vadmin domain rename example.org example.com",
		"vadmin domain rename example.org example.edu" } },
	{ "domain delete", {
		"vadmin domain delete example.org --with-accounts",
		"vadmin domain delete example.org --with-accounts --yes" } },
	{ "domain restore", {
		"vadmin domain restore example.com",
		"vadmin --json domain restore example.com" } },
	{ "domain purge", {
		"vadmin domain purge example.com",
		"vadmin domain purge example.com --yes" } },
	{ "user add", {
		"vadmin user add carl@example.org name='Carl Example' quota=200M",
		"vadmin user add carl@example.org --password-stdin <password.txt" } },
	{ "user show", {
		"vadmin user show ann@example.org",
		"vadmin --json user show ann@example.org" } },
	{ "user list", {
		"vadmin user list example.org",
		"vadmin user list 'a*@example.*'" } },
	{ "user search", {
		"vadmin user search ann",
		"vadmin user search 'ann*example'" } },
	{ "user set", {
		"vadmin user set ann@example.org name='Ann Sample' title=Sales quota=none",
		"vadmin user set ann@example.org forward='ann@elsewhere.example \\ann'" } },
	{ "user passwd", {
		"vadmin user passwd ann@example.org",
		"vadmin user passwd ann@example.org --password-stdin <password.txt" } },
	{ "user lock", {
		"vadmin user lock ann@example.org",
		"vadmin -n user lock ann@example.org" } },
	{ "user unlock", {
		"vadmin user unlock ann@example.org",
		"vadmin -n user unlock ann@example.org" } },
	{ "user rename", {
		"vadmin user rename ann@example.org anna",
		"vadmin user rename ann@example.org anna --no-alias" } },
	{ "user delete", {
		"vadmin -n user delete ann@example.org --replace-by bob@example.org",
		"vadmin user delete ann@example.org --yes" } },
	{ "user restore", {
		"vadmin user restore dora@example.org",
		"vadmin -n user restore dora@example.org" } },
	{ "user purge", {
		"vadmin -n user purge dora@example.org",
		"vadmin user purge dora@example.org --yes" } },
	{ "user vacation", {
		"vadmin user vacation ann@example.org on --text away.txt",
		"vadmin user vacation ann@example.org off" } },
	{ "user quota", {
		"vadmin user quota ann@example.org",
		"vadmin user quota ann@example.org 500M" } },
	{ "user forward", {
		"vadmin user forward ann@example.org ann@elsewhere.example --keep",
		"vadmin user forward ann@example.org off" } },
	{ "user grant", {
		"vadmin user grant ann@example.org bob retrieve",
		"vadmin user grant ann@example.org bob none" } },
	{ "alias add", {
		"vadmin alias add sales@example.org ann bob@elsewhere.example",
		"vadmin alias add archive@example.org '|/usr/local/bin/archive %u'" } },
	{ "alias show", {
		"vadmin alias show sales@example.org",
		"vadmin --json alias show sales@example.org" } },
	{ "alias list", {
		"vadmin alias list example.org",
		"vadmin --json alias list example.org" } },
	{ "alias search", {
		"vadmin alias search ann",
		"vadmin alias search sales example.org" } },
	{ "alias set", {
		"vadmin alias set sales@example.org description='Who sells' owners=ann membership=open",
		"vadmin -n alias set sales@example.org ann" } },
	{ "alias join", {
		"vadmin --as bob@example.org alias join sales@example.org",
		"vadmin alias join sales@example.org ann" } },
	{ "alias leave", {
		"vadmin alias leave sales@example.org bob",
		"vadmin -n alias leave sales@example.org ann" } },
	{ "alias delete", {
		"vadmin alias delete sales@example.org bob",
		"vadmin alias delete sales@example.org" } },
	{ "auto set", {
		"vadmin auto set info@example.org away.txt",
		"vadmin auto set help@example.org - <away.txt" } },
	{ "auto show", {
		"vadmin auto show info@example.org",
		"vadmin --json auto show info@example.org" } },
	{ "auto list", {
		"vadmin auto list example.org",
		"vadmin --json auto list example.org" } },
	{ "auto delete", {
		"vadmin auto delete info@example.org",
		"vadmin -n auto delete info@example.org" } },
	{ "admin add", {
		"vadmin admin add carla",
		"vadmin admin add berta@example.org --password-stdin <password.txt" } },
	{ "admin list", {
		"vadmin admin list",
		"vadmin --json admin list" } },
	{ "admin passwd", {
		"vadmin admin passwd otto@example.org",
		"vadmin admin passwd otto@example.org --password-stdin <password.txt" } },
	{ "admin delete", {
		"vadmin admin delete otto@example.org",
		"vadmin -n admin delete otto@example.org" } },
	{ "quota", {
		"vadmin quota example.org",
		"vadmin --json quota" } },
	{ "explain", {
		"vadmin explain ann@example.org --who",
		"vadmin explain ann+lists@example.org --from bob@elsewhere.example --size 2M" } },
	{ "check", {
		"vadmin check --files",
		"vadmin --json check --files example.org" } },
	{ "user import", {
		"vadmin user import people.csv",
		"vadmin -n user import - <people.csv" } },
	{ "user export", {
		"vadmin user export example.org",
		"vadmin user export --hashes '*@example.org' >people.csv" } },
	{ "import csv", {
		"vadmin import csv people.csv",
		"vadmin -n import csv people.csv" } },
	{ "import linuxconf", {
		"vadmin import linuxconf /root/old",
		"vadmin import linuxconf / example.org" } },
	{ "import postfix", {
		"vadmin import postfix /etc/postfix/main.cf",
		"postconf | vadmin import postfix - --passwords /etc/dovecot/users" } },
	{ "import maildirs", {
		"vadmin import maildirs /home/vpopmail/domains/example.org example.org",
		"vadmin import maildirs /srv/mail/example.com example.com" } },
	{ "index", {
		"vadmin index",
		"vadmin index example.org" } },
	{ "backup", {
		"vadmin backup example.org example.org.tar",
		"vadmin backup - >all.tar" } },
	{ "restore", {
		"vadmin -n restore example.tar",
		"vadmin restore example.tar example.org" } },
	{ "fsck", {
		"vadmin fsck",
		"vadmin fsck --repair example.org" } },
	{ "settings", {
		"vadmin settings",
		"vadmin settings --sample domain" } },
	{ "log", {
		"vadmin log",
		"vadmin log 50 ann@example.org" } },
	{ "undo", {
		"vadmin -n undo 2",
		"vadmin undo 2" } },
	{ "help", {
		"vadmin help user add",
		"vadmin --as ann@example.org help" } },
	{ "complete", {
		"vadmin complete -- user sh",
		"vadmin complete -- user show an" } },
};

/* What others exit with for other reasons, or never. */
static const struct {
	const char	*operation, *text;
} statuses_of[] = {
	{ "check", "  1            Something was found.\n" },
	{ "fsck", "  1            Something was found and is not repaired.\n" },
	{ "explain",
	  " 67            An unknown user or domain: what vdeliver would answer.\n"
	  " 75            The mail would wait.\n"
	  " 77            The mail would be refused.\n" },
};

const char *
examples_status(const char *operation)
{
	for (size_t i = 0; i < sizeof statuses_of / sizeof statuses_of[0]; i++)
		if (strcmp(statuses_of[i].operation, operation) == 0)
			return statuses_of[i].text;
	return "";
}

const struct examples *
examples_of(const char *operation)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].operation, operation) == 0)
			return &table[i];
	return NULL;
}
