/* answer_text.h: the text of an automatic answer, and the answer made of it.
 *
 * A text is a message with a header, as Linuxconf had it.  Of its fields only
 * Subject, From, Reply-To and those of MIME are sent; Vacation-Start,
 * Vacation-End and Vacation-Days say when.  $SUBJECT in subject and body
 * becomes the subject that is answered.
 */
#ifndef ANSWER_TEXT_H
#define ANSWER_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "address.h"
#include "err.h"
#include "field.h"
#include "pool.h"
#include "str.h"

enum {
	ANSWER_TEXT_MAX	= 64 * 1024,
	ANSWER_SUBJECT	= 200,		/* bytes of a subject that is quoted */
	ANSWER_DAYS_MAX	= 36500,
	ANSWER_LINE	= 998,		/* RFC 5322, 2.1.1 */
	/* of an answer: a text in quoted-printable, and a long header */
	ANSWER_MAX	= 1024 * 1024,
};

/* "YYYY-MM-DD"; "": none was given. */
struct answer_day { char text[11]; };

struct answer_text {
	struct str		subject;	/* UTF-8 */
	struct str		from, reply_to;	/* as values of fields */
	struct str		from_address;	/* the one of from */
	struct str		mime;		/* lines of MIME, whole */
	struct str		body;
	bool			has_type;	/* mime says what the body is */
	bool			is_markup;	/* and that is no plain text */
	/* base64 or multipart, for example: nothing of it is changed */
	bool			is_sealed;
	bool			has_days;
	uint64_t		days;
	struct answer_day	start, end;
	/* names of fields that are not sent, for the log */
	struct str		left_out;
};

void	drop_answer_text(struct answer_text *text);

/* One field more of its header.  What is not sent stands in left_out then.
 * ERR_INVALID: one of the Vacation- lines. */
int	answer_text_take(const struct field *field, struct answer_text *out,
	    struct err *err);

/* Takes the From out: it is not one of those that may be used. */
void	answer_text_refuse_from(struct answer_text *text);

/* Whether the day, YYYY-MM-DD, is within start and end, both included. */
bool	answer_text_is_due(const struct answer_text *text, const char *day);

struct answer {
	const struct answer_text *text;
	/* the beginning of the message that is answered */
	struct slice		 message;
	const struct address	*to;
	/* where the text has none: who answers; name may be "" */
	const char		*from, *name;
	const char		*host;		/* in its Message-ID */
	bool			 is_vacation;
	time_t			 now;
	uint64_t		 random;
};

/* Adds the whole message: no line longer than ANSWER_LINE, and ASCII but for an
 * address that is not, and for the parts of a text that is multipart. */
void	answer_compose(const struct answer *answer, struct str *out);

#endif
