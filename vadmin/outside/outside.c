/* outside.c: many domains at once, each looked at by a child of its own. */
#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "confine.h"
#include "crew.h"
#include "fd.h"
#include "helper.h"
#include "look.h"
#include "mem.h"
#include "scope.h"

enum { GRACE_MS = 2000, RESULT_MAX = 64 * 1024 };

const char *const outside_levels[] = { "ok", "none", "warning", "bad" };

const char *
outside_step(size_t index, const char **about)
{
	if (index >= step_count)
		return NULL;
	*about = steps[index].about;
	return steps[index].name;
}

/* --- results ------------------------------------------------------------- */

/* What comes from a child that met strangers is looked at like theirs. */
bool
outside_next(const struct outside_result *result, size_t *at,
    struct outside_row *row)
{
	struct slice rest = slice_from(str_slice(&result->bytes), *at), cell;

	if (!slice_cut(&rest, '\0', &cell) || cell.len < 2)
		return false;
	unsigned step = (unsigned char)cell.p[0] - 'A',
	    level = (unsigned char)cell.p[1] - '0';
	if (step >= step_count || level > OUTSIDE_BAD)
		return false;
	*row = (struct outside_row){ steps[step].name,
	    (enum outside_level)level, cell.p + 2 };
	*at += cell.len + 1;
	return true;
}

enum outside_level
outside_worst(const struct outside_result *result)
{
	enum outside_level worst = OUTSIDE_OK;
	struct outside_row row;
	size_t at = 0;

	while (outside_next(result, &at, &row))
		if (row.level > worst)
			worst = row.level;
	return worst;
}

void
drop_outside_result(struct outside_result *result)
{
	drop_str(&result->bytes);
}

/* Whole rows alone; a step that its child did not come to is bad. */
static void
finish(struct outside_result *result)
{
	struct outside_row row;
	size_t at = 0;

	while (outside_next(result, &at, &row))
		result->rows++;
	str_cut(&result->bytes, at);
	if (result->rows >= step_count)
		return;
	str_addc(&result->bytes, (char)('A' + result->rows++));
	str_addc(&result->bytes, (char)('0' + OUTSIDE_BAD));
	str_addf(&result->bytes, "no end was found within %d s, or the looking "
	    "broke off: look at this domain alone (checkvdomain)",
	    LOOK_MS / 1000);
	str_addc(&result->bytes, '\0');
}

/* --- children ------------------------------------------------------------ */

struct party {
	const struct outside_question	*questions;
	struct outside_result		*results;
	size_t				 count, next, done;
	struct crew			 crew;
	int				 helper;
	struct str			 helper_path;
	void				(*progress)(size_t done, size_t count);
};

static void
drop_party(struct party *party)
{
	drop_crew(&party->crew);
	drop_fd(&party->helper);
	drop_str(&party->helper_path);
}

static _Noreturn void
be_looker(struct party *party, const struct outside_question *q, int out)
{
	const int keep[] = { out, party->helper };
	struct err err;

	crew_leave(&party->crew);
	confine_fds(keep, party->helper != -1 ? 2 : 1);
	if (confine_as_nobody(&err) == -1)
		_exit(EXIT_FAILURE);
	_exit(look_all(q, party->helper, str_text(&party->helper_path),
	    out) == -1 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int
begin(struct party *party, struct crew_member *m, struct err *err)
{
	SCOPED(drop_fd) int from = -1, to = -1;
	const struct outside_question *q = &party->questions[party->next];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "pipe");
	from = ends[0];
	to = ends[1];
	int forked = child_fork(&m->child, err);
	if (forked == -1)
		return -1;
	if (forked == 0)
		be_looker(party, q, to);
	m->task = q;
	m->end = from;
	m->start = deadline_in(LOOK_MS + GRACE_MS);
	from = -1;
	party->next++;
	return 0;
}

static void
end(struct party *party, struct crew_member *m)
{
	const struct outside_question *q = m->task;

	finish(&party->results[q - party->questions]);
	crew_dismiss(m);
	party->done++;
	if (party->progress != NULL)
		party->progress(party->done, party->count);
}

static void
hear(struct party *party, struct crew_member *m)
{
	const struct outside_question *q = m->task;
	struct str *bytes = &party->results[q - party->questions].bytes;
	char chunk[4096];
	ssize_t n = read(m->end, chunk, sizeof chunk);

	if (n <= 0 || bytes->len > RESULT_MAX)
		end(party, m);
	else
		str_add(bytes, chunk, (size_t)n);
}

static int
left_for(const struct party *party)
{
	int least = LOOK_MS;

	for (size_t i = 0; i < CREW_MAX; i++)
		if (party->crew.members[i].task != NULL) {
			int left = deadline_left(party->crew.members[i].start);
			if (left < least)
				least = left;
		}
	return least;
}

static int
wait_for_some(struct party *party, struct err *err)
{
	struct pollfd polls[CREW_MAX];

	for (size_t i = 0; i < CREW_MAX; i++) {
		const struct crew_member *m = &party->crew.members[i];
		polls[i] = (struct pollfd){
		    .fd = m->task != NULL ? m->end : -1, .events = POLLIN };
	}
	if (poll(polls, CREW_MAX, left_for(party)) == -1)
		return errno == EINTR ? 0 : err_sys(err, "poll");
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct crew_member *m = &party->crew.members[i];
		if (m->task == NULL)
			continue;
		if (polls[i].revents != 0)
			hear(party, m);
		else if (deadline_over(m->start))
			end(party, m);
	}
	return 0;
}

int
outside_look(const struct outside_question *questions, size_t count,
    struct outside_result *results, void (*progress)(size_t, size_t),
    struct err *err)
{
	SCOPED(drop_party) struct party party = { .questions = questions,
	    .results = results, .count = count, .helper = -1,
	    .progress = progress };
	struct crew_member *m;
	struct err unused;

	/* without it the steps of TLS say so */
	helper_open("vcert", &party.helper_path, &party.helper, &unused);
	while (party.done < count) {
		while (party.next < count &&
		    (m = crew_place(&party.crew)) != NULL)
			if (begin(&party, m, err) == -1) {
				/* those that are out make room */
				if (party.next == party.done)
					return -1;
				break;
			}
		if (wait_for_some(&party, err) == -1)
			return -1;
	}
	return 0;
}

void
outside_progress(size_t done, size_t count)
{
	if (count < 2 || !isatty(STDERR_FILENO))
		return;
	if (done < count)
		fprintf(stderr, "\r%zu of %zu domains ", done, count);
	else
		fprintf(stderr, "\r%*s\r", 40, "");
	fflush(stderr);
}
