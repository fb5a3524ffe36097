/* completion_scripts.c: what shells read to complete words of vadmin. */
#include "completion.h"

#include <string.h>

/* What stands before the last break of a word is bash's own already: it cuts
 * "a=b" behind the "=", and "ann@exa" before the "@".  A setting's name goes on
 * with its value. */
static const char bash[] =
    "# vadmin(8): completion of words for bash, made by 'vadmin help --completion bash'\n"
    "_vadmin()\n"
    "{\n"
    "\tlocal line=${COMP_LINE:0:COMP_POINT} words last before i\n"
    "\tread -ra words <<<\"$line\"\n"
    "\t[[ $line != *[[:space:]] ]] || words+=('')\n"
    "\tlast=${words[-1]}\n"
    "\tmapfile -t COMPREPLY < <(\"${words[0]}\" complete -- \"${words[@]:1}\" 2>/dev/null)\n"
    "\tif [[ ${COMPREPLY[0]} == :files ]]; then\n"
    "\t\tcompopt -o filenames\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$last\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tbefore=${last%\"${last##*[\"${COMP_WORDBREAKS//@/}\"]}\"}\n"
    "\tif [[ $COMP_WORDBREAKS == *@* && ${last#\"$before\"} == *@* ]]; then\n"
    "\t\tbefore=${last%@*}\n"
    "\tfi\n"
    "\t[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
    "\tfor i in \"${!COMPREPLY[@]}\"; do\n"
    "\t\tprintf -v 'COMPREPLY[i]' %q \"${COMPREPLY[i]#\"$before\"}\"\n"
    "\tdone\n"
    "}\n"
    "complete -F _vadmin vadmin\n";

static const char zsh[] =
    "#compdef vadmin\n"
    "# vadmin(8): completion of words for zsh, made by 'vadmin help --completion zsh'\n"
    "local -a found whole open\n"
    "found=(${(f)\"$(${(Q)words[1]} complete -- ${(@Q)words[2,CURRENT-1]} \"${(Q)PREFIX}\" 2>/dev/null)\"})\n"
    "if [[ $found[1] == :files ]]; then\n"
    "\t_files\n"
    "\treturn\n"
    "fi\n"
    "whole=(${found:#*=})\n"
    "open=(${(M)found:#*=})\n"
    "compadd -- $whole\n"
    "compadd -S '' -- $open\n";

const char *
completion_script(const char *shell)
{
	return strcmp(shell, "bash") == 0 ? bash : zsh;
}
