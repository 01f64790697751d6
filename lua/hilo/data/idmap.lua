--- data/idmap.lua: which class an id in a label map stands for, as options say it.
---
---     0:255,1:0,2:1      id 0 is void, 1 is class 0, 2 is class 1; ids that are not named stay as they are
---     255:1              masks of 0 and 255: two classes
---     7:0,8:1,*:255      all others are void
---     1-4:0              a range
---     zero_is_void       0 is void, k is class k - 1, as in ADE20K
---     cityscapes         Cityscapes' labelIds, of which 19 are classes
local ffi = require 'ffi'
local core = require 'hilo.core'
local known = require 'hilo.data.known'

local idmap = {}

local void = 255

local function zero_is_void(id) return id == 0 and void or id >= void and id or id - 1 end

local function labelled_ids()
   local of = {}
   for k, id in ipairs(known.cityscapes.ids) do of[id] = k - 1 end
   return function(id) return of[id] or void end
end

local function parse(text)
   local of, rest, wide = {}, nil, false
   for pair in text:gmatch('[^,%s]+') do
      local from, class = pair:match('^([%d%*%-]+):(%d+)$')
      class = tonumber(class)
      core.check(from and class <= 255, "data.map: '%s' is not id:class, as in data.map=0:255,1:0 (255 is void), nor zero_is_void or "
         .. 'cityscapes', pair)
      local low, high = from:match('^(%d+)%-(%d+)$')
      low, high = tonumber(low or from), tonumber(high or from)
      if from == '*' then
         rest = class
      else
         core.check(low and low <= high and high <= 65535, "data.map: '%s' does not begin with an id of 0..65535, a range of them or *",
            pair)
         for id = low, high do
            core.check(of[id] == nil, 'data.map: id %d is given twice', id)
            of[id] = class
         end
         wide = wide or high > 255
      end
   end
   core.check(rest or next(of), 'data.map: it names no ids; write it as in data.map=0:255,1:0')
   return function(id) return of[id] or rest or id end, wide
end

--- What an option says.
---@param text string
---@return (fun(id: integer): integer)? class_of the class of an id, nil where the text is empty
---@return boolean? wide ids of more than 8 bits are named
function idmap.of(text)
   if not text or text == '' then return nil end
   if text == 'zero_is_void' then return zero_is_void, false end
   if text == 'cityscapes' then return labelled_ids(), false end
   return parse(text)
end

--- The table that worker threads take.
---@param class_of fun(id: integer): integer
---@param wide boolean? for ids of 16 bits
---@return ffi.cdata* int16_t[size], -1 for ids that stand for no class
---@return integer size
function idmap.table(class_of, wide)
   local size = wide and 65536 or 256
   local remap = ffi.new('int16_t[?]', size)
   for id = 0, size - 1 do
      local class = class_of(id)
      remap[id] = class <= 255 and class or -1
   end
   return remap, size
end

return idmap
