/* traces.h: machine code of LuaJIT, which looks at no hook. */
#ifndef HILO_TRACES_H
#define HILO_TRACES_H

/* Makes every trace that is known leave for the interpreter. Safe in a signal's handler. */
void hl_host_traces_open(void);
/* Whether that has been done since the last call of this. */
int hl_host_traces_opened(void);

#endif
