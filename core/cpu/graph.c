/* graph.c: the CPU does its work as it is asked for; it has no recordings. */
#include "cpu.h"

HL_API int hl_graph_record(void)
{
   return hl_fail("graph: the CPU cannot record a step; recordings are for device=cuda");
}

HL_API int hl_graph_end(hl_graph **graph)
{
   (void)graph;
   return hl_fail("graph: nothing is being recorded");
}

HL_API int hl_graph_run(hl_graph *graph)
{
   (void)graph;
   return hl_fail("graph: there is nothing recorded");
}

HL_API void hl_graph_free(hl_graph *graph)
{
   (void)graph;
}
