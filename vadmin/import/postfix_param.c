/* postfix_param.c: what of main.cf can be said on a command line. */
#include "param.h"
#include "scope.h"

static const char *const names[] = {
	"virtual_mailbox_domains", "virtual_mailbox_maps",
	"virtual_mailbox_base", "virtual_uid_maps", "virtual_gid_maps",
	"virtual_alias_domains", "virtual_alias_maps", "myorigin", "inbox",
	NULL,
};

static int
check_parameter(struct slice value, struct err *err)
{
	SCOPED(drop_str) struct str all = { 0 };
	struct slice rest = value, name = { 0 };

	if (!slice_has(value, '='))
		return err_set(err, ERR_INVALID, "not NAME=VALUE");
	slice_cut(&rest, '=', &name);
	for (size_t i = 0; names[i] != NULL; i++) {
		if (slice_is(slice_trim(name), names[i]))
			return 0;
		str_addf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
	}
	return err_set(err, ERR_INVALID, "NAME is none of %s",
	    str_text(&all));
}

const struct param_type param_postfix = {
	.label = "PARAMETER=VALUE", .max = 8192, .check = check_parameter,
	.rule = "virtual_mailbox_domains, virtual_mailbox_maps, "
	    "virtual_mailbox_base, virtual_uid_maps, virtual_gid_maps, "
	    "virtual_alias_domains, virtual_alias_maps, myorigin, or inbox.",
};
