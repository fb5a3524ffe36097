/* settings_op.h: what people are told of a setting. */
#ifndef SETTINGS_OP_H
#define SETTINGS_OP_H

#include "settings.h"
#include "str.h"

/* Its type with its limits: "number, 1 to 100". */
void	settings_type(const struct setting *row, struct str *out);

#endif
