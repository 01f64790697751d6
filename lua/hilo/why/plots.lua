--- why/plots.lua: the pictures of why.lua.
local history = require 'hilo.why.history'
local plot = require 'hilo.plot'

local plots = {}

--- Gains by class, and mean IoU by how many classes a picture shows.
---@param out string folder
---@param name string of the segmentation
---@param ways string[] the first is the segmentation alone
---@param classes string[]
---@param iou table<string, table<string, number>> by way and class
---@param curves {x: number[], y: table<string, number[]>}
---@return string[] paths
function plots.fusion(out, name, ways, classes, iou, curves)
   local bars, lines = {}, {}
   for i, way in ipairs(ways) do
      lines[i] = {way, curves.x, curves.y[way], '+-'}
      if i > 1 then
         local gains = {}
         for k, class in ipairs(classes) do gains[k] = (iou[way][class] or 0 / 0) - iou[ways[1]][class] end
         bars[i - 1] = {way, gains}
      end
   end
   local flat = name:gsub('/', '-')
   local by_class, by_number = ('%s/fusion-classes-%s.svg'):format(out, flat), ('%s/fusion-number-%s.svg'):format(out, flat)
   plot.bar(classes, bars, {title = name .. ': what fusion adds to the IoU of a class', xlabel = 'points of IoU', horizontal = true,
      to = by_class})
   lines[#lines + 1] = {title = name .. ': fusion and the number of classes', xlabel = 'classes in a picture', ylabel = 'mean IoU',
      to = by_number}
   plot(unpack(lines))
   return {by_class, by_number}
end

-- name, group, keys with what stands in the legend, the axis
local of_runs = {
   {'d-accuracy', 'accuracy', {{'train', ''}, {'val', ', validation'}}, 'share that D tells right'},
   {'d-confidence', 'confidence', {{'labelled_truth', ', label maps'}, {'unlabelled', ', predictions'}}, 'confidence of D'},
   {'accepted', 'accepted', {{'unlabelled', ''}}, 'share of maps accepted'},
   {'quality', 'pixel_accuracy', {{'unlabelled_accepted', ', accepted'}, {'unlabelled_rejected', ', rejected'}},
      'right pixels, percent'},
}

--- Figures of runs over their steps, a picture a group.
---@param out string folder
---@param runs RunData[]
---@return string[] paths of those that there is something to draw in
function plots.history(out, runs)
   local paths = {}
   for _, about in ipairs(of_runs) do
      local lines = {}
      for _, run in ipairs(runs) do
         for _, key in ipairs(about[3]) do
            local steps, values = history.curve(run, about[2], key[1])
            if #steps > 0 then lines[#lines + 1] = {run.name .. key[2], steps, values, '+-'} end
         end
      end
      if #lines > 0 then
         local path = ('%s/%s.svg'):format(out, about[1])
         lines[#lines + 1] = {xlabel = 'step', ylabel = about[4], to = path}
         plot(unpack(lines))
         paths[#paths + 1] = path
      end
   end
   return paths
end

--- How right the maps are that D, or S itself, trusts most.
---@param out string folder
---@param name string of the run
---@param part string 'val' or 'unlabelled'
---@param curves {share: number[], D: number[], S: number[]}
---@return string path
function plots.gate(out, name, part, curves)
   local path = ('%s/gate-%s-%s.svg'):format(out, name:gsub('/', '-'), part)
   return plot({'chosen by D', curves.share, curves.D, '-'}, {'by S itself', curves.share, curves.S, '-'},
      {title = ('%s, %s pictures'):format(name, part), xlabel = 'maps accepted, percent', ylabel = 'right pixels of them, percent',
         to = path})
end

return plots
