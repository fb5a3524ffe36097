/* alias_show.c: an alias, with all that is said of it. */
#include "alias_places.h"
#include "attribute_file.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "subject.h"

static void
show_attribute(struct sheet *sheet, const struct attributes *attributes,
    enum attribute what)
{
	SCOPED(drop_str) struct str value = { 0 };

	attributes_get(attributes, what, &value);
	sheet_adds(sheet, attribute_name(what));
	sheet_add(sheet, str_slice(&value));
}

static void
show_members(struct sheet *sheet, const struct alias_entry *entry)
{
	for (size_t i = 0; i < entry->count; i++) {
		SCOPED(drop_str) struct str text = { 0 };
		alias_member_add(&text, &entry->members[i]);
		sheet_adds(sheet, "member");
		sheet_add(sheet, str_slice(&text));
	}
}

int
alias_show(struct call *call, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = name_and_value };
	struct attributes attributes;
	struct alias_entry *entry;
	struct subject subject;

	if (subject_of(call, "L@D", &subject, err) == -1 ||
	    alias_places_find(subject.domain, &call->pool, subject.name,
	    &entry, err) == -1)
		return -1;
	if (entry->wrong != NULL)
		return err_set(err, ERR_INVALID, "%s", entry->wrong);
	if (attribute_file_read(subject.domain, &call->pool, subject.name,
	    &attributes, err) == -1)
		return -1;
	sheet_adds(&sheet, "alias");
	sheet_addf(&sheet, "%s@%s", entry->name, subject.domain->name);
	for (enum attribute a = 0; a < (enum attribute)ATTRIBUTES; a++)
		show_attribute(&sheet, &attributes, a);
	show_members(&sheet, entry);
	sheet_adds(&sheet, "where");
	sheet_addf(&sheet, "%s:%u", entry->file, entry->line);
	sheet_print(&sheet);
	return 0;
}
