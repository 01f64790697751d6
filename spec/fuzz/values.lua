--- values.lua: arguments as Lua source text, by the types that the public functions' comments declare: mostly what fits, sometimes
--- what is odd (0, NaN, empty, views, overlapping memory) or hostile (huge sizes, other types, bytes that mean something elsewhere).
local values = {long = 'expand(2^20, 2^20)'}

local odd_numbers = {'0', '-1', '-0.5', '1.5', '0/0', '1/0', '-1/0', '2^31', '2^53', '-2^63', '1e308', '1e-320', '255', '256', '2^24'}
local odd_strings = {"''", "'a\\0b'", "'%s%n%d'", "('x'):rep(5000)", "'../../x'", "'a\\nb'", "'<b>&\"'", "'\\255\\254'", "'none/such'",
   "'float'", "'cpu'", "'cuda'", "'1'"}
local plain_strings = {"'mean'", "'sum'", "'bilinear'", "'nearest'", "'float'", "'double'", "'byte'", "'long'", "'bfloat16'", "'cpu'",
   "'a'", "'max'", "'S'"}
local dtypes = {'float', 'float', 'float', 'float', 'double', 'byte', 'int', 'long', 'bfloat16'}

-- ---- tensors ----

local few = {1, 2, 3, 4, 5, 7, 8, 16}

local function sizes(draw, rank)
   local list = {}
   for i = 1, rank or draw:whole(1, 4) do list[i] = draw:chance(0.04) and 0 or draw:of(few) end
   return list
end

local views = {
   function(t) return t .. ':t()' end,
   function(t, draw) return ('%s:transpose(1, %d)'):format(t, draw:whole(1, 3)) end,
   function(t, draw) return ('%s:narrow(%d, 1, 1)'):format(t, draw:whole(1, 2)) end,
   function(t) return t .. ':select(1, 1)' end,
   function(t, draw) return ('%s:expand(%d, %d)'):format(t, draw:whole(1, 4), draw:whole(1, 5)) end,
   function(t, draw) return ('%s:as_strided({%d, %d}, {1, 1})'):format(t, draw:whole(1, 3), draw:whole(1, 2)) end,
   function(t) return t .. ':view(-1)' end,
   function(t) return t .. ':detach()' end,
}

local function made(draw, rank)
   if draw:chance(0.05) then
      return draw:of {'hilo.empty()', 'hilo.empty(0, 3)', 'hilo.Tensor()',
         draw:of {'hilo.zeros(1, 1):expand(2^10, 2^11)', 'hilo.zeros(1, 1):' .. values.long}}
   end
   local list = table.concat(sizes(draw, rank), ', ')
   local dtype = draw:of(dtypes)
   if dtype == 'float' then return ('hilo.%s(%s)'):format(draw:of {'randn', 'rand', 'randn', 'zeros', 'ones'}, list) end
   if dtype == 'byte' or dtype == 'long' or dtype == 'int' then
      return ("(hilo.rand(%s):mul(%d):add(%d):floor():to{dtype = '%s'})"):format(list, draw:whole(1, 6), draw:whole(0, 1), dtype)
   end
   return ("hilo.randn(%s):to{dtype = '%s'}"):format(list, dtype)
end

-- held: names of variables that hold tensors already
local function tensor(draw, held)
   if #held > 0 and draw:chance(0.55) then
      local name = draw:of(held)
      if draw:chance(0.15) then return ('try(function() return %s end)'):format(draw:of(views)(name, draw)) end
      return name
   end
   local t = made(draw)
   if draw:chance(0.08) then t = ("%s:fill(%s)"):format(t, draw:of {'0/0', '1/0', '-1/0', '1e30'}) end
   if draw:chance(0.15) then t = draw:of(views)(t, draw) end
   if draw:chance(0.08) then t = ('wanted(hilo.randn(%d, %d))'):format(draw:of(few), draw:of(few)) end
   if draw:chance(0.015) then t = t .. ':emu()' end -- another device
   return ('try(function() return %s end)'):format(t)
end

-- ---- by type ----

local function number(draw)
   if draw:chance(0.12) then return draw:of(odd_numbers) end
   return draw:of {'0.5', '1', '2', '0.1', '3', '1e-3', '-1'}
end

local function integer(draw)
   if draw:chance(0.1) then return draw:of(odd_numbers) end
   return tostring(draw:whole(1, draw:chance(0.7) and 3 or 9))
end

local function text(draw) return draw:of(draw:chance(0.3) and odd_strings or plain_strings) end

local modules = {'nn.Linear(3, 4)', 'nn.ReLU()', 'nn.Sequential():add(nn.Linear(2, 3)):add(nn.Tanh())',
   'nn.SpatialConvolution(2, 3, 3, 3)', 'nn.SpatialBatchNormalization(3)', 'nn.Sequential()', 'nn.Dropout(0.5)',
   'nn.Identity()', 'nn.CAddTable()', 'nn.Reshape(2, 3)'}
local criteria = {'nn.MSECriterion()', 'nn.ClassNLLCriterion()', 'nn.CrossEntropyCriterion()', 'nn.BCECriterion()'}
local functions = {'function(x) return x end', 'function() end', 'function() error "mine" end', 'function() return 1 end',
   'function(x) return x, x end'}

-- What methods are called on, by the class that has them; of other classes of nn what the constructor makes of fitting values.
local objects = {['nn.Module'] = modules, ['nn.Criterion'] = criteria,
   ['nn.Container'] = {'nn.Sequential():add(nn.Linear(2, 3)):add(nn.Tanh())', 'nn.ConcatTable():add(nn.Identity())', 'nn.Concat(2)'},
   ['nn.DeepLab'] = {"hilo.models.deeplab{backbone = 'resnet18', width = 1, classes = 3}"},
   ['nn.ResNet'] = {'hilo.models.resnet18 {width = 1, classes = 2}'}, ['nn.VGG'] = {'hilo.models.vgg16 {width = 1}'},
   ['nn.MobileNet'] = {'hilo.models.mobilenet_v2 {width = 1}'},
   ['nn.DeepLabDecoder'] = {'nn.DeepLabDecoder(4, 2, {classes = 3, width = 2, rates = {1, 2}})'},
   ['nn.LargeFOVPyramid'] = {'nn.LargeFOVPyramid(3, 2, 2, {width = 2, dropout = 0.5})'},
   ['nn.SpatialConvolutionMap'] = {'nn.SpatialConvolutionMap(nn.tables.full(2, 3), 3, 3)'},
   Generator = {'hilo.Generator(3)'}, ['optim.ConfusionMatrix'] = {'optim.ConfusionMatrix(3)', "optim.ConfusionMatrix({'a', 'b'})"},
   ['data.Draws'] = {'hilo.data.Draws.of(1, 2, 3, 4)'}, Confusion = {"hilo.train.metrics.confusion({'a', 'b', 'c'})"},
   Optimiser = {'optim.SGD({wanted(hilo.randn(2, 3))}, {lr = 0.1})', 'optim.Adam({wanted(hilo.randn(2))})'},
   Graph = {"hilo.graph(function(x) return x end, {device = 'cpu'})"},
   ['train.FusionCounts'] = {"hilo.train.FusionCounts.new({'a', 'b', 'c'})"},
   ['train.Log'] = {"hilo.train.Log.open('log.jsonl', 2)"}, ['optim.Logger'] = {"optim.Logger('log.txt')"}}

-- Of networks small enough to be made often.
local network = {width = {'1', '2', '4', '3'}, channels = {'1', '2', '4'}, classes = {'2', '3', '5', '1'},
   output_stride = {'8', '16', '32', '7'}, backbone = {"'resnet18'", "'resnet50'", "'mobilenet_v2'", "'vgg16'", "'none'"},
   head = {"'deeplab2'", "'deeplab3plus'"},
   precision = {"'float32'", "'bf16'"}, freeze_bn = {"'none'", "'affine'", "'all'"}, aspp_branches = {'1', '2', '4'},
   dropout = {'0', '0.5', '2', 'true'}, dropout_last = {'true', '1'}, slope = {'0.2', '0/0'}, pool = {"'global'", '{1, 2}', '{}', '7'},
   checkpoint = {'true', 'false', '3'}, stem = {"'3x3'", "'7x7'", '1'}, stride_on = {"'1x1'", "'3x3'"}}
local network_keys = {}
for key in pairs(network) do network_keys[#network_keys + 1] = key end
table.sort(network_keys)

--- Source text of the options of a whole network.
---@param draw FuzzNumbers
---@param name string of what makes it
---@return string
function values.network_options(draw, name)
   local parts, size = {}, name:find 'discriminator' and 'channels' or 'width'
   local whole = name:find 'deeplab' or name:find 'classifier'
   for _, key in ipairs(network_keys) do
      local often = key == size and 1 or key == 'classes' and 0.8 or key == 'backbone' and whole and 0.8 or 0.015
      if draw:chance(often) then
         parts[#parts + 1] = ('%s = %s'):format(key, draw:of(network[key]))
      end
   end
   return '{' .. table.concat(parts, ', ') .. '}'
end

local of_type

local function list_of(draw, kind, held)
   local parts = {}
   for i = 1, draw:whole(0, 4) do parts[i] = of_type(draw, kind, held) end
   return '{' .. table.concat(parts, ', ') .. '}'
end

-- The fields of '{a: integer, b: {c: number}?}', each given or not.
local function fields(draw, kind, held)
   local parts, depth, from = {}, 0, 2
   for at = 2, #kind do
      local c = kind:sub(at, at)
      if c:find '[{(<%[]' then depth = depth + 1 elseif c:find '[})>%]]' then depth = depth - 1 end
      if (c == ',' and depth == 0) or depth < 0 then
         local key, what = kind:sub(from, at - 1):match('^%s*([%w_]+)%??:%s*(.*)$')
         if key and draw:chance(0.6) then parts[#parts + 1] = ('%s = %s'):format(key, of_type(draw, what, held)) end
         from = at + 1
      end
   end
   if draw:chance(0.05) then parts[#parts + 1] = 'nosuch = 1' end
   return '{' .. table.concat(parts, ', ') .. '}'
end

local plain = {
   Tensor = tensor, number = number, integer = integer, string = text,
   boolean = function(draw) return draw:of {'true', 'false'} end,
   Module = function(draw) return draw:of(modules) end,
   ['nn.Module'] = function(draw) return draw:of(modules) end,
   Criterion = function(draw) return draw:of(criteria) end,
   ResNet = function(draw) return 'hilo.models.resnet18' .. values.network_options(draw, 'resnet18') end,
   VGG = function(draw) return 'hilo.models.vgg16' .. values.network_options(draw, 'vgg16') end,
   Draws = function() return 'hilo.data.Draws.of(1, 2, 3, 4)' end,
   Generator = function(draw) return ('hilo.Generator(%d)'):format(draw:whole(0, 9)) end,
   table = function(draw, held) return list_of(draw, draw:of {'number', 'Tensor', 'string'}, held) end,
   ['nil'] = function() return 'nil' end,
}

local any = {'Tensor', 'Tensor', 'number', 'integer', 'string', 'boolean', 'table', 'Module', 'nil', 'Criterion'}

--- Source text of a value for a declared type.
---@param draw FuzzNumbers
---@param kind string? as in a comment: 'Tensor|number', 'integer[]', '{a: integer}'
---@param held string[] variables that hold tensors
---@return string
function of_type(draw, kind, held)
   kind = kind and kind:gsub('%?$', '') or 'any'
   if draw:chance(0.06) then kind = draw:of(any) end -- what is not expected
   if plain[kind] then
      if plain[kind] == tensor or kind == 'table' then return plain[kind](draw, held) end
      return plain[kind](draw)
   end
   if kind:match("^'[^|]*'$") then return kind end
   if kind:match '^fun' then return '(' .. draw:of(functions) .. ')' end
   if kind:match '^{.*}$' then return fields(draw, kind, held) end
   if kind:match '%[%]$' and not kind:find '|' then return list_of(draw, kind:sub(1, -3), held) end
   if kind:find '|' and not kind:find '[{<(]' then
      local choices = {}
      for part in kind:gmatch '[^|]+' do choices[#choices + 1] = part end
      return of_type(draw, draw:of(choices), held)
   end
   return of_type(draw, draw:of(any), held)
end
values.of_type = of_type

--- Source text of an object of a class.
---@param draw FuzzNumbers
---@param class string 'Generator', 'nn.Linear'
---@param parameters table[]? of the constructor
---@return string? nil where none can be made
function values.object(draw, class, parameters)
   if objects[class] then return draw:of(objects[class]) end
   if not parameters then return nil end
   local parts = {}
   for i, p in ipairs(parameters) do
      if p.optional then break end
      parts[i] = p.type == 'integer' and draw:of {'1', '2', '3'} or of_type(draw, p.type, {})
   end
   return ('hilo.%s(%s)'):format(class, table.concat(parts, ', '))
end
values.tensor = tensor

return values
