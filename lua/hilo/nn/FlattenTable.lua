local class = require 'hilo.nn.class'
local tree = require 'hilo.nn.tree'

--- nn.FlattenTable(): the tensors of nested tables in one table.
local FlattenTable = class('nn.FlattenTable', 'nn.Module')

function FlattenTable:updateOutput(xs) return tree.list(xs) end

return FlattenTable
