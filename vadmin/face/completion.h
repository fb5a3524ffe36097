/* completion.h: what shells read to complete words of vadmin. */
#ifndef COMPLETION_H
#define COMPLETION_H

/* Of "bash" or "zsh". */
const char *completion_script(const char *shell);

#endif
