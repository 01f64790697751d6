/* graph.cu: recorded work, as CUDA graphs. core/emu/graph.cpp has the host's. */
#include "kernel.cuh"

#include <new>

struct hl_graph {
   hl_arena *arena;
   cudaGraphExec_t exec;
};

namespace
{

hl_arena *arena; /* of the recording under way */

/* Ends the capture; exec NULL: its result is dropped. */
int end_capture(cudaGraphExec_t *exec)
{
   cudaGraph_t captured = nullptr;
   cudaError_t status = cudaStreamEndCapture(hl_stream(), &captured);
   if (status == cudaSuccess && exec) status = cudaGraphInstantiate(exec, captured, 0);
   if (captured) cudaGraphDestroy(captured);
   return exec ? hl_cuda("graph", "ending the recording", status) : 0;
}

} // namespace

HL_EXPORT int hl_graph_record(void)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_answers("graph"));
   HL_TRY(hl_await_uploads()); /* a recording cannot wait for what began outside of it */
   arena = hl_arena_open();
   HL_CHECK(arena, "graph: the host has no memory left");
   /* relaxed: memory may be asked of the driver meanwhile */
   if (hl_cuda("graph", "starting to record", cudaStreamBeginCapture(hl_stream(), cudaStreamCaptureModeRelaxed)) == 0)
      return 0;
   hl_arena_drop(arena);
   return 1;
}

HL_EXPORT int hl_graph_end(hl_graph **graph)
{
   HL_CHECK(hl_recording(), "graph: nothing is being recorded");
   cudaGraphExec_t exec = nullptr;
   const int failed = end_capture(graph ? &exec : nullptr);
   hl_arena_close(arena);
   hl_graph *g = graph && !failed ? new (std::nothrow) hl_graph{arena, exec} : nullptr;
   if (g) {
      *graph = g;
      return 0;
   }
   if (exec) cudaGraphExecDestroy(exec);
   hl_arena_drop(arena);
   return failed || !graph ? failed : hl_fail("graph: the host has no memory left");
}

HL_EXPORT int hl_graph_run(hl_graph *graph)
{
   HL_TRY(hl_poll());
   HL_CHECK(graph, "graph: there is nothing recorded");
   HL_TRY(hl_need_answers("graph"));
   return hl_cuda("graph", "doing what was recorded", cudaGraphLaunch(graph->exec, hl_stream()));
}

HL_EXPORT void hl_graph_free(hl_graph *graph)
{
   if (!graph) return;
   cudaGraphExecDestroy(graph->exec);
   hl_arena_drop(graph->arena);
   delete graph;
}
