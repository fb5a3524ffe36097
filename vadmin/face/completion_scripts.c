/* completion_scripts.c: what shells read to complete words of vadmin. */
#include "completion.h"

#include <string.h>

/* The words are read as the shell would read them, but nothing is executed in
 * them: no command, no arithmetic.  What stands before the last break of a word
 * is bash's own already: it cuts "a=b" behind the "=", and "ann@exa" before the
 * "@".  A setting's name goes on with its value. */
static const char bash[] =
    "# vadmin(8): completion of words for bash, made by 'vadmin help --completion bash'\n"
    "\n"
    "# Cuts $1 into _vadmin_words: quotes, variables and ~ are read as bash reads them,\n"
    "# and nothing is executed.  The last word, as it was typed: _vadmin_typed.\n"
    "_vadmin_read()\n"
    "{\n"
    "\tlocal _vadmin_rest=$1 _vadmin_word='' _vadmin_c\n"
    "\t_vadmin_words=() _vadmin_typed='' _vadmin_quote=''\n"
    "\twhile [[ -n $_vadmin_rest ]]; do\n"
    "\t\t_vadmin_c=${_vadmin_rest:0:1}\n"
    "\t\tif [[ $_vadmin_c == '~' && -z $_vadmin_typed && $_vadmin_rest =~ ^~([/[:blank:]]|$) ]]; then\n"
    "\t\t\t_vadmin_c='~' _vadmin_word=$HOME\n"
    "\t\telif [[ $_vadmin_c == '$' && $_vadmin_quote != \"'\" && $_vadmin_rest =~ ^\\$([A-Za-z_][A-Za-z0-9_]*) ||\n"
    "\t\t    $_vadmin_c == '$' && $_vadmin_quote != \"'\" && $_vadmin_rest =~ ^\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\} ]]; then\n"
    "\t\t\t_vadmin_c=${BASH_REMATCH[0]} _vadmin_word+=${!BASH_REMATCH[1]}\n"
    "\t\telse\n"
    "\t\t\tcase $_vadmin_quote$_vadmin_c in\n"
    "\t\t\t[[:blank:]])\n"
    "\t\t\t\t[[ -z $_vadmin_typed ]] || _vadmin_words+=(\"$_vadmin_word\")\n"
    "\t\t\t\t_vadmin_word='' _vadmin_typed='' _vadmin_rest=${_vadmin_rest:1}\n"
    "\t\t\t\tcontinue ;;\n"
    "\t\t\t[\\'\\\"]) _vadmin_quote=$_vadmin_c ;;\n"
    "\t\t\t\"''\" | '\"\"') _vadmin_quote='' ;;\n"
    "\t\t\t\\\\ | \\\"\\\\)\n"
    "\t\t\t\t_vadmin_c=${_vadmin_rest:0:2}\n"
    "\t\t\t\t[[ -n $_vadmin_quote && $_vadmin_c != \\\\[\\\\\\\"\\$\\`] ]] || _vadmin_c=${_vadmin_c:1}\n"
    "\t\t\t\t_vadmin_word+=$_vadmin_c _vadmin_c=${_vadmin_rest:0:2} ;;\n"
    "\t\t\t*) _vadmin_word+=$_vadmin_c ;;\n"
    "\t\t\tesac\n"
    "\t\tfi\n"
    "\t\t_vadmin_typed+=$_vadmin_c _vadmin_rest=${_vadmin_rest:${#_vadmin_c}}\n"
    "\tdone\n"
    "\t_vadmin_words+=(\"$_vadmin_word\")\n"
    "}\n"
    "\n"
    "_vadmin()\n"
    "{\n"
    "\tlocal _vadmin_words _vadmin_typed _vadmin_quote\n"
    "\t_vadmin_read \"${COMP_LINE:0:COMP_POINT}\"\n"
    "\tlocal last=${_vadmin_words[-1]} before='' word files='' found\n"
    "\tmapfile -t found < <(\"${_vadmin_words[0]}\" complete -- \"${_vadmin_words[@]:1}\" 2>/dev/null)\n"
    "\tif [[ -z $_vadmin_quote ]]; then\n"
    "\t\tbefore=${_vadmin_typed%\"${_vadmin_typed##*[\"${COMP_WORDBREAKS//@/}\"]}\"}\n"
    "\t\tif [[ $COMP_WORDBREAKS == *@* && ${_vadmin_typed#\"$before\"} == *@* ]]; then\n"
    "\t\t\tbefore=${_vadmin_typed%@*}\n"
    "\t\tfi\n"
    "\tfi\n"
    "\tCOMPREPLY=()\n"
    "\tfor word in \"${found[@]}\"; do\n"
    "\t\tif [[ $word == :files ]]; then\n"
    "\t\t\tfiles=yes\n"
    "\t\telse\n"
    "\t\t\tCOMPREPLY+=(\"${word#\"$before\"}\")\n"
    "\t\tfi\n"
    "\tdone\n"
    "\tif [[ -n $files ]]; then\n"
    "\t\tcompopt -o filenames -o default\n"
    "\t\t# What bash itself finds, where there is nothing else.\n"
    "\t\t[[ ${#COMPREPLY[@]} == 0 ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"${last#\"$before\"}\")\n"
    "\t\treturn\n"
    "\tfi\n"
    "\t[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
    "\t[[ -z $_vadmin_quote ]] || return\n"
    "\tfor word in \"${!COMPREPLY[@]}\"; do\n"
    "\t\tprintf -v 'COMPREPLY[word]' %q \"${COMPREPLY[word]}\"\n"
    "\tdone\n"
    "}\n"
    "complete -F _vadmin vadmin\n";

static const char zsh[] =
    "#compdef vadmin\n"
    "# vadmin(8): completion of words for zsh, made by 'vadmin help --completion zsh'\n"
    "local -a found whole open\n"
    "found=(${(f)\"$(${(Q)words[1]} complete -- ${(@Q)words[2,CURRENT-1]} \"${(Q)PREFIX}\" 2>/dev/null)\"})\n"
    "if (( ${found[(Ie):files]} )); then\n"
    "\tfound=(${found:#:files})\n"
    "\t_files\n"
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
