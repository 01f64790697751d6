--- train/diagnose/figures.lua: what the figures of all methods have in common.
local gradients = require 'hilo.train.gradients'

local figures_of = {}

--- Adds the quality of a part's maps to the figures.
---@param figures table<string, table<string, number>>
---@param part string
---@param quality Quality
function figures_of.add_quality(figures, part, quality)
   local found = quality:figures()
   for _, side in ipairs {'accepted', 'rejected'} do
      for measure, value in pairs(found[side] or {}) do
         figures[measure] = figures[measure] or {}
         figures[measure][part .. '_' .. side] = value
      end
   end
end

--- Adds norms and angles of the losses' gradients, of which one is ce.
---@param figures table<string, table<string, number>>
---@param S Module
---@param losses table<string, Tensor>
---@param weights table<string, number|Tensor>?
function figures_of.add_gradients(figures, S, losses, weights)
   figures.gradient_norm, figures.gradient_cosine = gradients.of(S, losses, {first = 'ce', weights = weights})
end

--- Figures without groups that hold nothing.
---@param figures table<string, table<string, number>>
---@return table<string, table<string, number>>
function figures_of.whole(figures)
   for name, group in pairs(figures) do if not next(group) then figures[name] = nil end end
   return figures
end

--- A share as text.
---@param x number 0..1
---@return string
function figures_of.percent(x) return ('%.0f %%'):format(100 * x) end

return figures_of
