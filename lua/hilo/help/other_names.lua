--- help/other_names.lua: what Torch7 and PyTorch call what hilo has. Torch7's names are not repeated where they are ours.
local other = {}

-- ours | Torch7 | PyTorch; '=' is our name, '-' that there is none
local rows = [[
Tensor:size | = | Tensor.shape
Tensor:dim | = | Tensor.dim
Tensor:nElement | = | Tensor.numel
Tensor:type | = | Tensor.type
Tensor:dtype | Tensor:type | Tensor.dtype
Tensor:to | Tensor:type, Tensor:cuda | Tensor.to
Tensor:getDevice | = | Tensor.device
Tensor:item | - | Tensor.item
Tensor:totable | torch.totable | Tensor.tolist
Tensor:data | torch.data | Tensor.data_ptr
Tensor:detach | - | Tensor.detach
Tensor:backward | - | Tensor.backward
Tensor:add | = | Tensor.add_
Tensor:mul | = | Tensor.mul_
Tensor:cmul | = | Tensor.mul_
Tensor:fill | = | Tensor.fill_
Tensor:zero | = | Tensor.zero_
Tensor:copy | = | Tensor.copy_
Tensor:resize | = | Tensor.resize_
Tensor:uniform | = | Tensor.uniform_
Tensor:normal | = | Tensor.normal_
Tensor:bernoulli | = | Tensor.bernoulli_
Tensor:clone | = | Tensor.clone
Tensor:view | = | Tensor.view
Tensor:scatter | = | Tensor.scatter_
Tensor:indexCopy | = | Tensor.index_copy_
Tensor:indexAdd | = | Tensor.index_add_
Tensor:maskedFill | = | Tensor.masked_fill_
zeros | torch.= | torch.=
ones | torch.= | torch.=
full | - | torch.=
empty | torch.Tensor | torch.=
range | torch.= | torch.arange
linspace | torch.= | torch.=
eye | torch.= | torch.=
rand | torch.= | torch.=
randn | torch.= | torch.=
randperm | torch.= | torch.=
manualSeed | torch.= | torch.manual_seed
Generator | torch.= | torch.=
no_grad | - | torch.=
enable_grad | - | torch.=
backward | - | torch.autograd.backward
op | - | torch.autograd.Function
graph | - | torch.cuda.graph
add | torch.= | torch.=
cmul | torch.= | torch.mul
cdiv | torch.= | torch.div
pow | torch.= | torch.=
cmax | torch.= | torch.maximum
cmin | torch.= | torch.minimum
cinv | torch.= | torch.reciprocal
clamp | torch.= | torch.=
affine | - | torch.add, torch.mul
where | - | torch.=
relu | nn.ReLU | torch.nn.functional.relu
leaky_relu | nn.LeakyReLU | torch.nn.functional.leaky_relu
elu | nn.ELU | torch.nn.functional.elu
sigmoid | torch.= | torch.=
softplus | nn.SoftPlus | torch.nn.functional.softplus
matmul | torch.mm | torch.=
bmm | torch.= | torch.=
sum | torch.= | torch.=
mean | torch.= | torch.=
max | torch.= | torch.=
argmax | - | torch.=
sort | torch.= | torch.=
topk | torch.= | torch.=
cat | torch.= | torch.=
gather | torch.= | torch.=
index | torch.= | torch.index_select
maskedSelect | torch.= | torch.masked_select
conv2d | nn.SpatialConvolution | torch.nn.functional.conv2d
batch_norm | nn.SpatialBatchNormalization | torch.nn.functional.batch_norm
max_pool | nn.SpatialMaxPooling | torch.nn.functional.max_pool2d
avg_pool | nn.SpatialAveragePooling | torch.nn.functional.avg_pool2d
adaptive_avg_pool | nn.SpatialAdaptiveAveragePooling | torch.nn.functional.adaptive_avg_pool2d
resize | nn.SpatialUpSamplingBilinear | torch.nn.functional.interpolate
dropout | nn.Dropout | torch.nn.functional.dropout
softmax | nn.SoftMax | torch.=
log_softmax | nn.LogSoftMax | torch.=
cross_entropy | nn.CrossEntropyCriterion | torch.nn.functional.cross_entropy
bce_with_logits | - | torch.nn.functional.binary_cross_entropy_with_logits
mse | nn.MSECriterion | torch.nn.functional.mse_loss
l1 | nn.AbsCriterion | torch.nn.functional.l1_loss
smooth_l1 | nn.SmoothL1Criterion | torch.nn.functional.smooth_l1_loss
cosine_similarity | nn.CosineDistance | torch.nn.functional.cosine_similarity
one_hot | - | torch.nn.functional.one_hot
label_map | torch.max | torch.argmax
nn.Sequential | = | torch.=
nn.ConcatTable | = | -
nn.Linear | = | torch.=
nn.SpatialConvolution | = | torch.nn.Conv2d
nn.SpatialDilatedConvolution | = | torch.nn.Conv2d
nn.SpatialBatchNormalization | = | torch.nn.BatchNorm2d
nn.BatchNormalization | = | torch.nn.BatchNorm1d
nn.Dropout | = | torch.=
nn.SpatialDropout | = | torch.nn.Dropout2d
nn.ReLU | = | torch.=
nn.LeakyReLU | = | torch.=
nn.Sigmoid | = | torch.=
nn.Tanh | = | torch.=
nn.SoftMax | = | torch.nn.Softmax
nn.LogSoftMax | = | torch.nn.LogSoftmax
nn.SpatialMaxPooling | = | torch.nn.MaxPool2d
nn.SpatialAveragePooling | = | torch.nn.AvgPool2d
nn.SpatialAdaptiveAveragePooling | = | torch.nn.AdaptiveAvgPool2d
nn.SpatialUpSamplingBilinear | = | torch.nn.Upsample
nn.SpatialUpSamplingNearest | = | torch.nn.Upsample
nn.Identity | = | torch.=
nn.View | = | torch.nn.Flatten
nn.MSECriterion | = | torch.nn.MSELoss
nn.AbsCriterion | = | torch.nn.L1Loss
nn.SmoothL1Criterion | = | torch.nn.SmoothL1Loss
nn.BCECriterion | = | torch.nn.BCELoss
nn.ClassNLLCriterion | = | torch.nn.NLLLoss
nn.CrossEntropyCriterion | = | torch.nn.CrossEntropyLoss
nn.Module:training | = | torch.nn.Module.train
nn.Module:evaluate | = | torch.nn.Module.eval
nn.Module:parameters | = | torch.nn.Module.parameters
nn.Module:zeroGradParameters | = | torch.nn.Module.zero_grad
nn.Module:apply | = | torch.nn.Module.apply
nn.Module:stateDict | - | torch.nn.Module.state_dict
nn.Module:loadStateDict | - | torch.nn.Module.load_state_dict
nn.checkpoint | - | torch.utils.checkpoint.checkpoint
optim.sgd | = | -
optim.adam | = | -
optim.SGD | - | torch.=
optim.Adam | - | torch.=
data.loader | - | torch.utils.data.DataLoader
io.load_tensors | torch.load | torch.load
io.safetensors | - | safetensors.torch
getnumthreads | torch.= | torch.get_num_threads
setnumthreads | torch.= | torch.set_num_threads
]]

---@class NameRow
---@field ours string
---@field torch7 string? nil where it has none
---@field pytorch string? nil where it has none

local function word(text, ours)
   if text == '-' then return nil end
   return (text:gsub('=', ours))
end

local list, by_name = {}, {}
for line in rows:gmatch('[^\n]+') do
   local ours, torch7, pytorch = line:match('^(.-) | (.-) | (.-)$')
   local row = {ours = ours, torch7 = word(torch7, ours), pytorch = word(pytorch, ours)}
   list[#list + 1] = row
   by_name[ours] = row
end

--- All rows, in their order.
---@return NameRow[]
function other.rows() return list end

--- What the others call an entry, where it is not the same.
---@param entry Entry
---@return {library: string, name: string}[]
function other.of(entry)
   local row, found = by_name[entry.name], {}
   if not row then return found end
   if row.torch7 and row.torch7 ~= row.ours then found[#found + 1] = {library = 'Torch7', name = row.torch7} end
   if row.pytorch then found[#found + 1] = {library = 'PyTorch', name = row.pytorch} end
   return found
end

return other
