--- commands.lua: the commands of `hilo`, for its usage, its completion and for finding them: hilo/<name>/command.lua each.

---@type {[1]: string, [2]: string, [3]: string}[] name, what follows it, what it does
return {
   {'sweep', '...', 'many runs of a script; `hilo sweep help` tells more'},
   {'report', 'RUN|SWEEP ...', 'a page of what was asked and found'},
   {'data', 'check FOLDER ...', 'what is wrong with a data set, and what it is'},
   {'predict', 'RUN PICTURES ...', 'label maps of new pictures'},
   {'evaluate', 'RUN ...', 'how good a run is, in several ways'},
   {'pack', 'RUN OUT.hilo', 'a run as one file, for another machine'},
   {'export', 'net=RUN onnx=FILE', 'a run as a graph of ONNX: pictures in, label maps out'},
   {'help', 'TOPIC', 'what a name is; `hilo help` lists pages and tells of the search'},
   {'completion', 'bash|zsh', 'completion for a shell: source <(hilo completion bash)'},
}
