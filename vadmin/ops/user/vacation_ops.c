/* vacation_ops.c: vacations, switched on and off and looked at. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "answer_file.h"
#include "answer_text.h"
#include "away.h"
#include "fd.h"
#include "files.h"
#include "ops.h"
#include "output.h"
#include "resolve.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"
#include "subject.h"

/* What files/D is needed for. */
struct desk {
	struct account		*account;
	uid_t			 uid;		/* whose the files are */
	int			 dir;		/* files/D */
	struct vacation_files	 files;
};

static void
drop_desk(struct desk *desk)
{
	drop_fd(&desk->dir);
}

static int
open_desk(struct call *call, struct desk *desk, struct err *err)
{
	if (subject_account(call, "U@D", &desk->account, err) == -1 ||
	    spool_files(desk->account->domain, true, &desk->dir, err) == -1)
		return -1;
	desk->uid = account_identity(desk->account).uid;
	if (!call->in.as_root && desk->uid != geteuid())
		return err_set(err, ERR_REFUSED,
		    "the files of a vacation are uid %u's: only root can make "
		    "them", (unsigned)desk->uid);
	desk->files = vacation_files(desk->account, VACATION_FILES,
	    &call->pool);
	return 0;
}

/* --- notes --------------------------------------------------------------- */

static const char *
real_domain(void *arg, const char *domain)
{
	struct call *call = arg;
	const char *real;
	struct err err;

	return domain_real_name(&call->in, &call->pool, slice_of(domain),
	    &real, &err) == 0 ? real : NULL;
}

static bool
is_same(const struct account *a, const struct account *b)
{
	return strcmp(a->domain->name, b->domain->name) == 0 &&
	    slice_same(slice_of(a->name), slice_of(b->name));
}

/* Whether mail to the address comes to the account by a name of its own: then
 * an answer may come from it. */
static bool
is_its_address(struct call *call, const struct account *account,
    const char *text)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct address address;
	struct answer_own own;
	struct err err;

	if (address_parse(&call->pool, slice_of(text), &address, &err) == -1)
		return false;
	resolve(&call->in, &plan, text);
	for (size_t i = 0; i < plan.count; i++) {
		const struct target *t = plan.targets[i];
		if (t->kind != TARGET_ACCOUNT || !is_same(t->account, account))
			continue;
		answer_own_addresses(t, &plan.pool, &own);
		own.real = real_domain;
		own.arg = call;
		return answer_is_own(&own, &address);
	}
	return false;
}

static bool
is_past(const struct answer_day *last)
{
	char today[32];
	time_t now = time(NULL);
	struct tm local;

	localtime_r(&now, &local);
	strftime(today, sizeof today, "%Y-%m-%d", &local);
	return last->text[0] != '\0' && strcmp(last->text, today) < 0;
}

/* What a delivery would make of the text, and would tell nobody but the log. */
static void
tell_text(struct call *call, const struct desk *desk,
    const struct answer_text *text)
{
	const struct account *account = desk->account;
	const char *robot = pool_format(&call->pool, "%s.auto",
	    pool_lower(&call->pool, slice_of(account->name)));

	if (text->from.len > 0 && !is_its_address(call, account,
	    str_text(&text->from_address)))
		note("not sent: From, because %s is no address of %s@%s",
		    str_text(&text->from_address), account->name,
		    account->domain->name);
	if (is_past(&text->end))
		note("Vacation-End is past (%s): nobody is answered",
		    text->end.text);
	if (files_exists(desk->dir, robot))
		note("%s@%s has an autoresponder, too: who writes gets two "
		    "answers", account->name, account->domain->name);
}

/* --- on, off, show ------------------------------------------------------- */

static int
make_index(const struct desk *desk, struct err *err)
{
	return side_file_write(desk->dir, desk->files.index, SLICE(""),
	    desk->uid, MODE_SECRET, err);
}

/* A new text is for everybody, whoever was told the old one. */
static int
switch_on_anew(struct call *call, const struct desk *desk, struct err *err)
{
	SCOPED(drop_answer_text) struct answer_text parsed = { 0 };
	const struct slice *text = call->ready;

	if (answer_file_take(*text, &parsed, err) == -1 ||
	    side_file_write(desk->dir, desk->files.text, *text, desk->uid,
	    MODE_SECRET, err) == -1 ||
	    make_index(desk, err) == -1)
		return -1;
	tell_text(call, desk, &parsed);
	return 0;
}

/* Text and index are of one place: the text in files/D, else the home's. */
static int
switch_on(const struct desk *desk, struct err *err)
{
	bool has_text = files_exists(desk->dir, desk->files.text);
	struct away_state state;

	if (away_look(desk->account, &state, err) == -1)
		return -1;
	if ((state.place == VACATION_FILES && has_text) ||
	    (state.place == VACATION_HOME && state.has_home_text))
		return 0;
	if (has_text)
		return make_index(desk, err);
	if (!state.has_home_text)
		return err_set(err, ERR_INVALID,
		    "there is no text yet: give one with --text FILE");
	/* An index without its text would stand before the home's. */
	if (side_file_remove(desk->dir, desk->files.index, NULL, err) == -1)
		return -1;
	return away_make_home_index(desk->account, err);
}

static int
switch_off(const struct desk *desk, struct err *err)
{
	if (side_file_remove(desk->dir, desk->files.index, NULL, err) == -1)
		return -1;
	return away_remove_home_index(desk->account, err);
}

/* Whose text is sent, or would be. */
static enum vacation_place
place_of_text(const struct away_state *state, bool has_text)
{
	if (has_text && state->place != VACATION_HOME)
		return VACATION_FILES;
	return state->has_home_text && state->place != VACATION_FILES ?
	    VACATION_HOME : VACATION_NONE;
}

static int
show(struct call *call, const struct desk *desk, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct away_state state;

	if (away_look(desk->account, &state, err) == -1)
		return -1;
	enum vacation_place place = place_of_text(&state,
	    files_exists(desk->dir, desk->files.text));
	sheet_adds(&sheet, "vacation");
	sheet_adds(&sheet, state.place == VACATION_NONE ? "off" : "on");
	if (place != VACATION_NONE) {
		struct vacation_files f = vacation_files(desk->account, place,
		    &call->pool);
		sheet_adds(&sheet, "text");
		sheet_addf(&sheet, "%s/%s", f.directory, f.text);
	}
	sheet_print(&sheet);
	if (place == VACATION_HOME)
		return away_print_home_text(desk->account, err);
	if (place == VACATION_FILES)
		return side_file_print(desk->dir, desk->files.text, err);
	if (state.place != VACATION_NONE)
		note("there is no text that counts beside the index: nobody is "
		    "answered");
	return 0;
}

static bool
is_on(const struct call *call)
{
	const char *what = call_text(call, "on|off|show");

	return what != NULL && strcmp(what, "on") == 0;
}

int
user_vacation_ask(struct call *call, struct err *err)
{
	const char *file = call_text(call, "--text");
	struct slice *text = pool_alloc(&call->pool, sizeof *text);
	struct account *unused;

	if (file == NULL)
		return 0;
	if (!is_on(call))
		return err_set(err, ERR_INVALID,
		    "--text goes with 'on': it is what is sent");
	call->ready = text;
	return subject_account(call, "U@D", &unused, err) == -1 ? -1 :
	    answer_file_read(file, &call->pool, text, err);
}

int
user_vacation(struct call *call, struct err *err)
{
	SCOPED(drop_desk) struct desk desk = { .dir = -1 };
	const char *what = call_text(call, "on|off|show");

	if (open_desk(call, &desk, err) == -1)
		return -1;
	if (is_on(call))
		return call->ready != NULL ? switch_on_anew(call, &desk, err) :
		    switch_on(&desk, err);
	return what != NULL && strcmp(what, "off") == 0 ? switch_off(&desk, err) :
	    show(call, &desk, err);
}
