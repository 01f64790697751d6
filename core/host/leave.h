/* leave.h: calls of Lua's own C functions that look at no flag. */
#ifndef HILO_LEAVE_H
#define HILO_LEAVE_H
#include "../host.h"

/* Learns which functions may be left, where the interpreter's code lies and how its frames look. Where that fails no
 * call is ever left. */
void hl_host_leave_learn(const hl_host_lua *lua);
/* The lua_State whose call of one of these functions a signal has come into, where an error can be raised in it as that
 * function itself would; NULL: there is none. context is what the signal's handler is given. Safe in a handler. */
void *hl_host_leave_state(const void *context);

#endif
