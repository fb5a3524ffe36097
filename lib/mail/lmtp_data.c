/* lmtp_data.c: what follows DATA or BDAT, on its way to a message. */
#include "lmtp_data.h"

/* Takes c, if it is what comes next. */
static bool
take(struct slice *in, char c)
{
	if (in->p[0] != c)
		return false;
	*in = slice_from(*in, 1);
	return true;
}

/* Up to the next CR, as it is.  That waits for what follows it. */
static void
take_line(struct lmtp_data *d, struct slice *in, struct str *out)
{
	ptrdiff_t cr = slice_find(*in, '\r');
	size_t n = cr == -1 ? in->len : (size_t)cr;

	str_add(out, in->p, n);
	if (cr != -1) {
		d->state = LMTP_AFTER_CR;
		n++;
	}
	*in = slice_from(*in, n);
}

static void
take_after_cr(struct lmtp_data *d, struct slice *in, struct str *out)
{
	bool ends = take(in, '\n');

	str_addc(out, ends ? '\n' : '\r');
	d->state = ends ? LMTP_AT_START : LMTP_IN_LINE;
}

/* A state machine: at least one byte is taken in every second state. */
bool
lmtp_data_decode(struct lmtp_data *d, struct slice *in, struct str *out)
{
	while (in->len > 0 && d->state != LMTP_AT_END) {
		switch (d->state) {
		case LMTP_AT_START:
			d->state = take(in, '.') ? LMTP_AFTER_DOT :
			    LMTP_IN_LINE;
			break;
		case LMTP_IN_LINE:
			take_line(d, in, out);
			break;
		case LMTP_AFTER_CR:
			take_after_cr(d, in, out);
			break;
		case LMTP_AFTER_DOT:
			/* The dot was stuffed, unless CRLF comes. */
			d->state = take(in, '\r') ? LMTP_AFTER_DOT_CR :
			    LMTP_IN_LINE;
			break;
		case LMTP_AFTER_DOT_CR:
			d->state = take(in, '\n') ? LMTP_AT_END :
			    LMTP_AFTER_CR;
			break;
		case LMTP_AT_END:
			break;
		}
	}
	return d->state == LMTP_AT_END;
}

void
lmtp_data_decode_chunk(struct lmtp_data *d, struct slice in, struct str *out)
{
	while (in.len > 0)
		if (d->state == LMTP_AFTER_CR)
			take_after_cr(d, &in, out);
		else
			take_line(d, &in, out);
}

void
lmtp_data_end(struct lmtp_data *d, struct str *out)
{
	if (d->state == LMTP_AFTER_CR)
		str_addc(out, '\r');
	d->state = LMTP_AT_END;
}
