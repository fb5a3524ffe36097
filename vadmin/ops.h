/* ops.h: the functions of the table of operations. */
#ifndef OPS_H
#define OPS_H

#include "operation.h"

typedef int operation_run(struct call *call, struct err *err);

operation_run	domain_add, domain_show, domain_list, domain_set, domain_alias,
    domain_unalias, domain_lock, domain_unlock;
operation_run	user_add, user_show, user_list, user_set, user_passwd,
    user_lock, user_unlock,
		user_delete, user_restore, user_purge;
operation_run	user_add_ask, user_passwd_ask, user_delete_ask,
    user_purge_ask;
operation_run	alias_add, alias_show, alias_list, alias_set, alias_delete;
operation_run	alias_join, alias_leave;
operation_run	user_search, alias_search;
operation_run	user_quota, user_forward, user_grant, user_vacation, auto_set, auto_show, auto_list, auto_delete;
operation_run	quota, explain, check, settings_list, help;

#endif
