/* graph.cpp: recorded work on the host: a list of the launches, clearings and library calls that were asked for. */
#include <new>
#include "../cuda/kernel.cuh"

struct hl_graph {
   hl_arena *arena;
   std::vector<std::function<int()>> work;
};

std::vector<std::function<int()>> *hl_emu_recording;

static hl_graph *under_way;

HL_EXPORT int hl_graph_record(void)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_answers("graph"));
   under_way = new (std::nothrow) hl_graph;
   HL_CHECK(under_way, "graph: the host has no memory left");
   under_way->arena = hl_arena_open();
   if (!under_way->arena) {
      delete under_way;
      return hl_fail("graph: the host has no memory left");
   }
   hl_emu_recording = &under_way->work;
   return 0;
}

HL_EXPORT int hl_graph_end(hl_graph **graph)
{
   HL_CHECK(hl_recording(), "graph: nothing is being recorded");
   hl_emu_recording = nullptr;
   hl_arena_close(under_way->arena);
   if (graph)
      *graph = under_way;
   else
      hl_graph_free(under_way);
   return 0;
}

HL_EXPORT int hl_graph_run(hl_graph *graph)
{
   HL_TRY(hl_poll());
   HL_CHECK(graph, "graph: there is nothing recorded");
   HL_TRY(hl_need_answers("graph"));
   for (const std::function<int()> &work : graph->work) HL_TRY(work());
   return 0;
}

HL_EXPORT void hl_graph_free(hl_graph *graph)
{
   if (!graph) return;
   hl_arena_drop(graph->arena);
   delete graph;
}
