--- help/other_names.lua: what Torch7 and PyTorch call what hilo has. Torch7's names are not repeated where they are ours.
local other = {}

-- ours | Torch7 | PyTorch; '=' is the same name, '-' that there is none
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
zeros | torch.zeros | torch.zeros
ones | torch.ones | torch.ones
full | - | torch.full
empty | torch.Tensor | torch.empty
range | torch.range | torch.arange
linspace | torch.linspace | torch.linspace
eye | torch.eye | torch.eye
rand | torch.rand | torch.rand
randn | torch.randn | torch.randn
randperm | torch.randperm | torch.randperm
manualSeed | torch.manualSeed | torch.manual_seed
Generator | torch.Generator | torch.Generator
no_grad | - | torch.no_grad
enable_grad | - | torch.enable_grad
backward | - | torch.autograd.backward
op | - | torch.autograd.Function
graph | - | torch.cuda.graph
add | torch.add | torch.add
cmul | torch.cmul | torch.mul
cdiv | torch.cdiv | torch.div
pow | torch.pow | torch.pow
cmax | torch.cmax | torch.maximum
cmin | torch.cmin | torch.minimum
cinv | torch.cinv | torch.reciprocal
clamp | torch.clamp | torch.clamp
affine | - | torch.add, torch.mul
where | - | torch.where
relu | nn.ReLU | torch.nn.functional.relu
leaky_relu | nn.LeakyReLU | torch.nn.functional.leaky_relu
elu | nn.ELU | torch.nn.functional.elu
sigmoid | torch.sigmoid | torch.sigmoid
softplus | nn.SoftPlus | torch.nn.functional.softplus
matmul | torch.mm | torch.matmul
bmm | torch.bmm | torch.bmm
sum | torch.sum | torch.sum
mean | torch.mean | torch.mean
max | torch.max | torch.max
argmax | - | torch.argmax
sort | torch.sort | torch.sort
topk | torch.topk | torch.topk
cat | torch.cat | torch.cat
gather | torch.gather | torch.gather
index | torch.index | torch.index_select
maskedSelect | torch.maskedSelect | torch.masked_select
conv2d | nn.SpatialConvolution | torch.nn.functional.conv2d
batch_norm | nn.SpatialBatchNormalization | torch.nn.functional.batch_norm
max_pool | nn.SpatialMaxPooling | torch.nn.functional.max_pool2d
avg_pool | nn.SpatialAveragePooling | torch.nn.functional.avg_pool2d
adaptive_avg_pool | nn.SpatialAdaptiveAveragePooling | torch.nn.functional.adaptive_avg_pool2d
resize | nn.SpatialUpSamplingBilinear | torch.nn.functional.interpolate
dropout | nn.Dropout | torch.nn.functional.dropout
softmax | nn.SoftMax | torch.softmax
log_softmax | nn.LogSoftMax | torch.log_softmax
cross_entropy | nn.CrossEntropyCriterion | torch.nn.functional.cross_entropy
bce_with_logits | - | torch.nn.functional.binary_cross_entropy_with_logits
mse | nn.MSECriterion | torch.nn.functional.mse_loss
l1 | nn.AbsCriterion | torch.nn.functional.l1_loss
smooth_l1 | nn.SmoothL1Criterion | torch.nn.functional.smooth_l1_loss
cosine_similarity | nn.CosineDistance | torch.nn.functional.cosine_similarity
one_hot | - | torch.nn.functional.one_hot
label_map | torch.max | torch.argmax
nn.Sequential | = | torch.nn.Sequential
nn.ConcatTable | = | -
nn.Linear | = | torch.nn.Linear
nn.SpatialConvolution | = | torch.nn.Conv2d
nn.SpatialDilatedConvolution | = | torch.nn.Conv2d
nn.SpatialBatchNormalization | = | torch.nn.BatchNorm2d
nn.BatchNormalization | = | torch.nn.BatchNorm1d
nn.Dropout | = | torch.nn.Dropout
nn.SpatialDropout | = | torch.nn.Dropout2d
nn.ReLU | = | torch.nn.ReLU
nn.LeakyReLU | = | torch.nn.LeakyReLU
nn.Sigmoid | = | torch.nn.Sigmoid
nn.Tanh | = | torch.nn.Tanh
nn.SoftMax | = | torch.nn.Softmax
nn.LogSoftMax | = | torch.nn.LogSoftmax
nn.SpatialMaxPooling | = | torch.nn.MaxPool2d
nn.SpatialAveragePooling | = | torch.nn.AvgPool2d
nn.SpatialAdaptiveAveragePooling | = | torch.nn.AdaptiveAvgPool2d
nn.SpatialUpSamplingBilinear | = | torch.nn.Upsample
nn.SpatialUpSamplingNearest | = | torch.nn.Upsample
nn.Identity | = | torch.nn.Identity
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
optim.SGD | - | torch.optim.SGD
optim.Adam | - | torch.optim.Adam
data.loader | - | torch.utils.data.DataLoader
io.load_tensors | torch.load | torch.load
io.safetensors | - | safetensors.torch
getnumthreads | torch.getnumthreads | torch.get_num_threads
setnumthreads | torch.setnumthreads | torch.set_num_threads
]]

---@class NameRow
---@field ours string
---@field torch7 string? nil where it has none
---@field pytorch string? nil where it has none

local function word(text, ours)
   if text == '=' then return ours end
   return text ~= '-' and text or nil
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
