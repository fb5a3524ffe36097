/* digest.h: what the record of a recipient is called, by a program of its
 * own. */
#ifndef DIGEST_H
#define DIGEST_H

#include "job.h"

/* A name for each of the recipients, of RECORD_NAME digits, in the plan's pool:
 * the same for the same sender, recipient and message (without From_ line,
 * Return-Path and our own Received), another one for any other.  The bytes of the message are copied
 * to vdigest(8), and not looked at. */
int	digest_names(struct job *job, struct recipient *const *recipients,
	    size_t count, const char **names, struct err *err);

#endif
