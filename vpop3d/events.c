/* events.c: the log lines of one connection. */
#include "events.h"

#include <string.h>

#include "carry.h"
#include "dialogue.h"
#include "domain.h"
#include "log.h"
#include "scope.h"

static void
add_peer(struct log_line *line, const struct events *e)
{
	log_text(line, "peer", slice_of(e->connection->peer_text.text));
}

static void
add_who(struct log_line *line, const struct events *e)
{
	const struct login *login = e->login;

	if (login->account != NULL)
		log_text(line, "account", slice_of(login->account->name));
	else
		log_text(line, "login", login->typed);
	add_peer(line, e);
	if (login->domain != NULL)
		log_text(line, "domain", slice_of(login->domain->name));
	log_text(line, "found", slice_of(login->found));
	if (e->connection->proxy_text.text[0] != '\0')
		log_text(line, "proxy",
		    slice_of(e->connection->proxy_text.text));
	if (e->relay->protocol[0] != '\0')
		log_text(line, "tls", slice_of(e->relay->protocol));
	if (login->by != NULL) {
		log_text(line, "by", slice_of(login->by->name));
		log_text(line, "grant", slice_of(grant_name(login->grant)));
	}
}

void
events_login_failed(const struct events *e, const char *reason)
{
	SCOPED(drop_log_line) struct log_line line = log_event("login-failed");

	add_who(&line, e);
	/* For who counts tries: what we are at fault for is none. */
	if (e->login->verdict == VERDICT_WRONG)
		log_text(&line, "wrong", SLICE("yes"));
	/* Behind what is counted: it is what the client typed. */
	if (e->login->verdict != VERDICT_OPEN && e->request->authzid_len > 0)
		log_text(&line, "wanted", (struct slice){ e->request->authzid,
		    e->request->authzid_len });
	log_text(&line, "reason", slice_of(reason));
	log_send(&line, LOG_NOTICE);
}

void
events_session(const struct events *e, const struct report *r)
{
	SCOPED(drop_log_line) struct log_line line = log_event("session");

	add_who(&line, e);
	log_number(&line, "retrieved", r->retrieved);
	log_number(&line, "retrieved-octets", r->retrieved_octets);
	log_number(&line, "deleted", r->deleted);
	log_number(&line, "deleted-octets", r->deleted_octets);
	log_text(&line, "end", slice_of(dialogue_end_name(r->end)));
	if (r->text[0] != '\0')
		log_text(&line, "text",
		    (struct slice){ r->text,
		    strnlen(r->text, sizeof r->text) });
	/* the text is what this machine could not do */
	log_send(&line, r->text[0] != '\0' ? LOG_ERR : LOG_INFO);
}

void
events_native_session(const struct events *e, const struct passed *p,
    const char *text)
{
	SCOPED(drop_log_line) struct log_line line =
	    log_event("native-session");

	add_who(&line, e);
	log_number(&line, "from-client", p->from_client);
	log_number(&line, "to-client", p->to_client);
	log_text(&line, "end", slice_of(carry_end_name(p->end)));
	if (text[0] != '\0')
		log_text(&line, "text", slice_of(text));
	log_send(&line, LOG_INFO);
}

void
events_proxy_failed(const struct connection *c, const char *reason)
{
	SCOPED(drop_log_line) struct log_line line = log_event("proxy-failed");

	log_text(&line, "proxy", slice_of(c->peer_text.text));
	log_text(&line, "reason", slice_of(reason));
	log_send(&line, LOG_NOTICE);
}

void
events_rehashed(const struct account *account)
{
	SCOPED(drop_log_line) struct log_line line = log_event("rehashed");

	log_text(&line, "account", slice_of(account->name));
	log_text(&line, "domain", slice_of(account->domain->name));
	log_send(&line, LOG_INFO);
}

void
events_tls_failed(const struct events *e, const char *reason)
{
	SCOPED(drop_log_line) struct log_line line = log_event("tls-failed");

	add_peer(&line, e);
	if (e->relay->server_name[0] != '\0')
		log_text(&line, "server-name", slice_of(e->relay->server_name));
	log_text(&line, "reason", slice_of(reason));
	log_send(&line, LOG_NOTICE);
}
