#ifndef HL_INTERRUPT_H
#define HL_INTERRUPT_H

/* Whether Ctrl-C sets the flag, and does not end the process. */
int hl_interrupt_is_installed(void);
/* Whether the work under way is to end: it is not held, or Ctrl-C came twice. */
int hl_interrupt_is_wanted(void);
/* Fails with "interrupted" where Ctrl-C came during work that a prompt has begun, in the prompt's own thread: for long
 * calls that other programs let come to their end. */
int hl_interrupt_poll(void);

#endif
