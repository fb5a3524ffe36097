/* answer_field.h: what a field of a header says against an automatic answer. */
#ifndef ANSWER_FIELD_H
#define ANSWER_FIELD_H

#include "answer_verdict.h"
#include "field.h"

/* By its name and its value alone; ANSWER_SENT: nothing. */
enum answer_verdict answer_judge_field(const struct field *field);

#endif
