/* who.c: who may do what for a domain, where it is not the account itself. */
#include "who.h"

#include <unistd.h>

static int
look_up(const char *setting, const char *user, struct ident *who,
    struct err *err)
{
	if (ident_parse(slice_of(user), who, err) == -1) {
		err->kind = ERR_INVALID;
		return err_within(err, "%s", setting);
	}
	return 0;
}

/* Without root all run as this process is. */
static bool
is_us_alone(const struct installation *in, struct ident *who)
{
	if (!in->as_root)
		*who = (struct ident){ geteuid(), getegid() };
	return !in->as_root;
}

struct ident
who_apart(const struct account *account)
{
	struct ident who = { account_identity(account).uid,
	    account->ident.gid };

	if (is_us_alone(account->domain->in, &who))
		return who;
	if (who.gid == account->domain->owner.gid || ident_is_forbidden(who))
		who.gid = IDENT_NOBODY;
	return who;
}

int
who_sends(const struct domain *domain, struct ident *who, struct err *err)
{
	const struct vmail_conf *conf = &domain->in->conf;

	if (is_us_alone(domain->in, who))
		return 0;
	if (conf->sendmail_user[0] != '\0')
		return look_up("sendmail-user", conf->sendmail_user, who, err);
	if (domain->one_owner) {
		*who = domain->owner;
		return 0;
	}
	return look_up("command-user", conf->command_user, who, err);
}

int
who_writes(const struct installation *in, struct ident *who, struct err *err)
{
	return is_us_alone(in, who) ? 0 :
	    look_up("command-user", in->conf.command_user, who, err);
}

int
who_commands(const struct domain *domain, struct ident *who, struct err *err)
{
	if (who_writes(domain->in, who, err) == -1)
		return -1;
	if (domain->in->as_root && !domain->one_owner &&
	    who->gid == domain->owner.gid)
		who->gid = IDENT_NOBODY;
	return 0;
}
