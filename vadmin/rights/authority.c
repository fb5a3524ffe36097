/* authority.c: whether the caller may do what he asks for. */
#include "authority.h"

#include <string.h>

#include "account_settings.h"
#include "attribute_file.h"
#include "authority_alias.h"
#include "param.h"
#include "pattern.h"
#include "subject.h"

/* One value of a call, and whether it is the caller's. */
struct claim {
	struct call		*call;
	const struct operation	*op;
	const char		*value;
	/* an earlier value of the call said in which domain */
	bool			 placed;
};

typedef int claim_rule(const struct claim *claim, struct err *err);

/* --- answers ------------------------------------------------------------- */

/* The value is told as it was typed, and nothing that was found out. */
static int
refuse(const struct claim *c, struct err *err)
{
	const struct principal *p = &c->call->principal;
	const char *limit = p->caller == CALLER_ACCOUNT ?
	    "an account acts for itself alone" : p->domain_count == 1 ?
	    pool_format(&c->call->pool, "it has %s alone", p->domains[0]) :
	    pool_format(&c->call->pool, "it has %zu domains, and this is in "
	    "none of them", p->domain_count);

	return err_set(err, ERR_REFUSED, "%s may not do '%s' to '%.100s': %s",
	    p->name, c->op->name, c->value, limit);
}

static int
fine(const struct claim *c, struct err *err)
{
	(void)c;
	(void)err;
	return 0;
}

/* --- what is whose ------------------------------------------------------- */

/* A domain that is broken, not there or another's: all are not his. */
static bool
is_his(const struct claim *c, struct slice domain)
{
	const char *real;
	struct err unused;

	return domain_real_name(&c->call->in, &c->call->pool, domain, &real,
	    &unused) == 0 && principal_has(&c->call->principal, real);
}

static int
his_domain(const struct claim *c, struct err *err)
{
	return is_his(c, slice_of(c->value)) ? 0 : refuse(c, err);
}

/* A pattern shows what is his in any case. */
static int
his_domain_or_pattern(const struct claim *c, struct err *err)
{
	if (pattern_is_one(c->value) || strchr(c->value, '@') != NULL)
		return 0;
	return his_domain(c, err);
}

static int
in_his_domain(const struct claim *c, struct err *err)
{
	struct slice value = slice_of(c->value), name, domain;

	if (c->placed && !slice_has(value, '@'))
		return 0;
	if (subject_split(c->call, value, &name, &domain, err) == -1)
		return -1;
	return is_his(c, domain) ? 0 : refuse(c, err);
}

static int
his_domains_alias(const struct claim *c, struct err *err)
{
	struct subject alias;

	if (in_his_domain(c, err) == -1)
		return -1;
	if (!c->op->changes)
		return 0;
	if (subject_alias_of_value(c->call, slice_of(c->value), &alias,
	    err) == -1)
		return -1;
	return authority_alias(c->call, &alias, err);
}

static int
himself(const struct claim *c, struct err *err)
{
	const struct principal *p = &c->call->principal;
	struct account *account;
	struct err unused;

	if (subject_account_of_value(c->call, slice_of(c->value), &account,
	    &unused) == 0 && strcmp(account->name, p->account->name) == 0 &&
	    principal_has(p, account->domain->name))
		return 0;
	return refuse(c, err);
}

/* What is said of an alias that is not there is nothing. */
static bool
read_alias(const struct claim *c, struct subject *alias,
    struct attributes *attributes)
{
	struct err unused;

	return subject_alias_of_value(c->call, slice_of(c->value), alias,
	    &unused) == 0 && principal_has(&c->call->principal,
	    alias->domain->name) && attribute_file_read(alias->domain,
	    &c->call->pool, alias->name, attributes, &unused) == 0;
}

/* Open ones are for all to look at. */
static int
owned_alias(const struct claim *c, struct err *err)
{
	const char *account = c->call->principal.account->name;
	struct attributes attributes = { 0 };
	struct subject alias;

	if (!read_alias(c, &alias, &attributes))
		return refuse(c, err);
	bool owner = attributes_have_owner(&attributes, account);
	if (!owner && (c->op->changes || !attributes.open))
		return refuse(c, err);
	return c->op->changes ? authority_alias(c->call, &alias, err) : 0;
}

/* Who comes or goes changes none of the other members. */
static int
open_alias(const struct claim *c, struct err *err)
{
	struct attributes attributes = { 0 };
	struct subject alias;

	return read_alias(c, &alias, &attributes) && (attributes.open ||
	    attributes_have_owner(&attributes,
	    c->call->principal.account->name)) ? 0 : refuse(c, err);
}

static int
plain_member(const struct claim *c, struct err *err)
{
	return authority_member(c->call, c->value, err);
}

/* A file is opened with our rights, not with those of who asks. */
static int
standard_input(const struct claim *c, struct err *err)
{
	return strcmp(c->value, "-") == 0 ? 0 : err_set(err, ERR_REFUSED,
	    "%s may not name a file: say '-', and give its text on standard "
	    "input", c->call->principal.name);
}

static int
his_own_field(const struct claim *c, struct err *err)
{
	struct slice name, value;

	param_assignment(c->value, &name, &value);
	return account_field(name)->own ? 0 : err_set(err, ERR_REFUSED,
	    "'%.*s' is for administrators to change", (int)name.len, name.p);
}

/* --- the table ----------------------------------------------------------- */

/* Root may do all. */
static const struct {
	claim_rule	*global, *domain, *account;
} rules[PARAM_SUBJECTS] = {
	[SUBJECT_UNSAID]	 = { fine, refuse, refuse },
	[SUBJECT_NOTHING]	 = { fine, fine, fine },
	[SUBJECT_DOMAIN]	 = { fine, his_domain, refuse },
	[SUBJECT_DOMAIN_PATTERN] = { fine, his_domain_or_pattern, refuse },
	[SUBJECT_ACCOUNT]	 = { fine, in_his_domain, himself },
	[SUBJECT_ALIAS]		 = { fine, his_domains_alias, owned_alias },
	[SUBJECT_MEMBERSHIP]	 = { fine, in_his_domain, open_alias },
	[SUBJECT_ADDRESS]	 = { fine, in_his_domain, refuse },
	[SUBJECT_MEMBER]	 = { fine, plain_member, plain_member },
	[SUBJECT_FILE]		 = { standard_input, standard_input,
	    standard_input },
	[SUBJECT_FIELD]		 = { fine, fine, his_own_field },
};

static claim_rule *
rule_for(const struct claim *c, enum param_subject subject)
{
	switch (c->call->principal.caller) {
	case CALLER_ROOT:
		return fine;
	case CALLER_GLOBAL:
		return rules[subject].global;
	case CALLER_DOMAIN:
		return rules[subject].domain;
	case CALLER_ACCOUNT:
		return rules[subject].account;
	case CALLER_ANYBODY:
		break;
	}
	return refuse;
}

static int
check_class(const struct call *call, struct err *err)
{
	const struct principal *p = &call->principal;

	if (p->caller <= call->op->least)
		return 0;
	if (p->caller == CALLER_ANYBODY)
		return err_set(err, ERR_REFUSED, "only root, or whoever owns "
		    "%s/vmail.conf, may do this: call it through sudo",
		    call->in.path);
	return err_set(err, ERR_REFUSED, "%s may not do '%s': that is for %s",
	    p->name, call->op->name, caller_class(call->op->least));
}

int
authority_check(struct call *call, struct err *err)
{
	struct claim c = { .call = call, .op = call->op };

	if (check_class(call, err) == -1)
		return -1;
	for (size_t i = 0; call->op->params[i].name != NULL; i++) {
		enum param_subject subject = call->op->params[i].type->subject;
		claim_rule *rule = rule_for(&c, subject);
		for (size_t n = 0; n < call->values[i].count; n++) {
			c.value = call->values[i].word[n];
			if (rule(&c, err) == -1)
				return -1;
		}
		c.placed = c.placed || subject == SUBJECT_ACCOUNT ||
		    subject == SUBJECT_ALIAS || subject == SUBJECT_MEMBERSHIP;
	}
	return 0;
}
