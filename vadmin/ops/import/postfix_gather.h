/* postfix_gather.h: what Postfix's tables say, domain by domain. */
#ifndef POSTFIX_GATHER_H
#define POSTFIX_GATHER_H

#include "hash_file.h"
#include "postfix_map.h"
#include "settle.h"

struct postfix_import {
	struct call		*call;
	struct pool		*pool;
	struct report		report;
	struct postfix_conf	conf;
	struct postfix_map	domains, mailboxes, uids, gids;
	struct postfix_map	alias_domains, aliases;
	struct hash_file	hashes;
	const char		*origin;	/* of names without a domain */
	struct table		by_domain;	/* struct settlement */
	struct settlement	**all;
	size_t			count;
};

/* Fills by_domain, all and count from the maps; what is nobody's is told. */
void	postfix_gather(struct postfix_import *import);

#endif
