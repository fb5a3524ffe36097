/* ops.h: the functions of the table of operations. */
#ifndef OPS_H
#define OPS_H

#include "operation.h"

typedef int operation_run(struct call *call, struct err *err);

operation_run	domain_add, domain_show, domain_list, domain_set, domain_alias,
    domain_unalias, domain_lock, domain_unlock;
operation_run	domain_rename, domain_delete_ask, domain_delete, domain_restore,
    domain_purge_ask, domain_purge, user_rename;
operation_run	user_add, user_show, user_list, user_set, user_passwd,
    user_lock, user_unlock,
		user_delete, user_restore, user_purge;
operation_run	user_add_ask, user_passwd_ask, user_delete_ask,
    user_purge_ask;
operation_run	alias_add, alias_show, alias_list, alias_set, alias_delete;
operation_run	alias_join, alias_leave;
operation_run	user_search, alias_search;
operation_run	user_quota, user_forward, user_grant, user_vacation,
    user_vacation_ask;
operation_run	auto_set, auto_set_ask, auto_show, auto_list, auto_delete;
operation_run	user_import, user_import_ask, user_export;
operation_run	import_linuxconf, import_postfix, import_maildirs;
operation_run	admin_add, admin_add_ask, admin_list, admin_delete, admin_passwd,
    admin_passwd_ask;
operation_run	quota, explain, check, settings_list, help;
operation_run	index_all, backup, restore, fsck;
operation_run	show_log, undo, complete;

/* What completion asks for, and nobody else: no rows of the table. */
operation_run	trash_accounts, trash_domains;

#endif
