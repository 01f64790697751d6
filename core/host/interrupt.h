#ifndef HL_INTERRUPT_H
#define HL_INTERRUPT_H

/* Whether Ctrl-C sets the flag, and does not end the process. */
int hl_interrupt_is_installed(void);
/* Whether the work under way is to end: it is not held, or Ctrl-C came twice. */
int hl_interrupt_is_wanted(void);

#endif
