--- help/other_names.lua: what Torch7 and PyTorch call what hilo has. Torch7's names are not repeated where they are ours.
local other = {}

-- ours | Torch7 | PyTorch; '=' is our name, '-' that there is none
local rows = [[
Tensor:size | torch.= | torch.Tensor.shape
Tensor:dim | torch.= | torch.Tensor.dim
Tensor:nElement | torch.= | torch.Tensor.numel
Tensor:type | torch.= | torch.Tensor.type
Tensor:dtype | torch.Tensor:type | torch.Tensor.dtype
Tensor:to | torch.Tensor:type, torch.Tensor:cuda | torch.Tensor.to
Tensor:getDevice | torch.= | torch.Tensor.device
Tensor:item | - | torch.Tensor.item
Tensor:totable | torch.= | torch.Tensor.tolist
Tensor:data | torch.= | torch.Tensor.data_ptr
Tensor:detach | - | torch.Tensor.detach
Tensor:backward | - | torch.Tensor.backward
Tensor:add | torch.= | torch.Tensor.add_
Tensor:mul | torch.= | torch.Tensor.mul_
Tensor:cmul | torch.= | torch.Tensor.mul_
Tensor:fill | torch.= | torch.Tensor.fill_
Tensor:zero | torch.= | torch.Tensor.zero_
Tensor:copy | torch.= | torch.Tensor.copy_
Tensor:resize | torch.= | torch.Tensor.resize_
Tensor:uniform | torch.= | torch.Tensor.uniform_
Tensor:normal | torch.= | torch.Tensor.normal_
Tensor:bernoulli | torch.= | torch.Tensor.bernoulli_
Tensor:clone | torch.= | torch.Tensor.clone
Tensor:view | torch.= | torch.Tensor.view
Tensor:scatter | torch.= | torch.Tensor.scatter_
Tensor:indexCopy | torch.= | torch.Tensor.index_copy_
Tensor:indexAdd | torch.= | torch.Tensor.index_add_
Tensor:maskedFill | torch.= | torch.Tensor.masked_fill_
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
abs | torch.= | torch.=
acos | torch.= | torch.=
asin | torch.= | torch.=
atan | torch.= | torch.=
atan2 | torch.= | torch.=
ceil | torch.= | torch.=
cos | torch.= | torch.=
cosh | torch.= | torch.=
cumprod | torch.= | torch.=
cumsum | torch.= | torch.=
dot | torch.= | torch.=
eq | torch.= | torch.=
exp | torch.= | torch.=
floor | torch.= | torch.=
fmod | torch.= | torch.=
frac | torch.= | torch.=
ge | torch.= | torch.=
ger | torch.= | torch.=
gt | torch.= | torch.=
kthvalue | torch.= | torch.=
le | torch.= | torch.=
log | torch.= | torch.=
log1p | torch.= | torch.=
lt | torch.= | torch.=
median | torch.= | torch.=
min | torch.= | torch.=
mm | torch.= | torch.=
mul | torch.= | torch.=
mv | torch.= | torch.=
ne | torch.= | torch.=
neg | torch.= | torch.=
nonzero | torch.= | torch.=
norm | torch.= | torch.=
prod | torch.= | torch.=
remainder | torch.= | torch.=
round | torch.= | torch.=
rsqrt | torch.= | torch.=
sign | torch.= | torch.=
sin | torch.= | torch.=
sinh | torch.= | torch.=
split | torch.= | torch.=
sqrt | torch.= | torch.=
squeeze | torch.= | torch.=
std | torch.= | torch.=
t | torch.= | torch.=
tan | torch.= | torch.=
tanh | torch.= | torch.=
trunc | torch.= | torch.=
var | torch.= | torch.=
relu | nn.ReLU | torch.nn.functional.=
leaky_relu | nn.LeakyReLU | torch.nn.functional.=
elu | nn.ELU | torch.nn.functional.=
sigmoid | torch.= | torch.=
softplus | nn.SoftPlus | torch.nn.functional.=
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
conv2d | nn.SpatialConvolution | torch.nn.functional.=
conv_transpose2d | nn.SpatialFullConvolution | torch.nn.functional.=
batch_norm | nn.SpatialBatchNormalization | torch.nn.functional.=
max_pool | nn.SpatialMaxPooling | torch.nn.functional.max_pool2d
avg_pool | nn.SpatialAveragePooling | torch.nn.functional.avg_pool2d
adaptive_avg_pool | nn.SpatialAdaptiveAveragePooling | torch.nn.functional.adaptive_avg_pool2d
resize | nn.SpatialUpSamplingBilinear | torch.nn.functional.interpolate
dropout | nn.Dropout | torch.nn.functional.=
softmax | nn.SoftMax | torch.=
log_softmax | nn.LogSoftMax | torch.=
cross_entropy | nn.CrossEntropyCriterion | torch.nn.functional.=
bce_with_logits | - | torch.nn.functional.binary_cross_entropy_with_logits
mse | nn.MSECriterion | torch.nn.functional.mse_loss
l1 | nn.AbsCriterion | torch.nn.functional.l1_loss
smooth_l1 | nn.SmoothL1Criterion | torch.nn.functional.smooth_l1_loss
cosine_similarity | nn.CosineDistance | torch.nn.functional.=
one_hot | - | torch.nn.functional.=
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
nn.Bilinear | = | torch.=
nn.ELU | = | torch.=
nn.HardShrink | = | torch.nn.Hardshrink
nn.HardTanh | = | torch.nn.Hardtanh
nn.LogSigmoid | = | torch.=
nn.PReLU | = | torch.=
nn.RReLU | = | torch.=
nn.ReLU6 | = | torch.=
nn.SoftMin | = | torch.nn.Softmin
nn.SoftPlus | = | torch.nn.Softplus
nn.SoftShrink | = | torch.nn.Softshrink
nn.SoftSign | = | torch.nn.Softsign
nn.SpatialSoftMax | = | torch.nn.Softmax2d
nn.TanhShrink | = | torch.nn.Tanhshrink
nn.Threshold | = | torch.=
nn.GatedLinearUnit | = | torch.nn.GLU
nn.LayerNormalization | = | torch.nn.LayerNorm
nn.LookupTable | = | torch.nn.Embedding
nn.CosineDistance | = | torch.nn.CosineSimilarity
nn.PairwiseDistance | = | torch.=
nn.PixelShuffle | = | torch.=
nn.SpatialFullConvolution | = | torch.nn.ConvTranspose2d
nn.SpatialDepthWiseConvolution | = | torch.nn.Conv2d
nn.SpatialDilatedMaxPooling | = | torch.nn.MaxPool2d
nn.SpatialAdaptiveMaxPooling | = | torch.nn.AdaptiveMaxPool2d
nn.SpatialFractionalMaxPooling | = | torch.nn.FractionalMaxPool2d
nn.SpatialLPPooling | = | torch.nn.LPPool2d
nn.SpatialMaxUnpooling | = | torch.nn.MaxUnpool2d
nn.SpatialCrossMapLRN | = | torch.nn.LocalResponseNorm
nn.SpatialReflectionPadding | = | torch.nn.ReflectionPad2d
nn.SpatialReplicationPadding | = | torch.nn.ReplicationPad2d
nn.SpatialZeroPadding | = | torch.nn.ZeroPad2d
nn.TemporalConvolution | = | torch.nn.Conv1d
nn.TemporalMaxPooling | = | torch.nn.MaxPool1d
nn.VolumetricConvolution | = | torch.nn.Conv3d
nn.VolumetricFullConvolution | = | torch.nn.ConvTranspose3d
nn.VolumetricBatchNormalization | = | torch.nn.BatchNorm3d
nn.VolumetricDropout | = | torch.nn.Dropout3d
nn.VolumetricAveragePooling | = | torch.nn.AvgPool3d
nn.VolumetricMaxPooling | = | torch.nn.MaxPool3d
nn.VolumetricFractionalMaxPooling | = | torch.nn.FractionalMaxPool3d
nn.VolumetricMaxUnpooling | = | torch.nn.MaxUnpool3d
nn.VolumetricReplicationPadding | = | torch.nn.ReplicationPad3d
nn.MSECriterion | = | torch.nn.MSELoss
nn.DistKLDivCriterion | = | torch.nn.KLDivLoss
nn.CosineEmbeddingCriterion | = | torch.nn.CosineEmbeddingLoss
nn.HingeEmbeddingCriterion | = | torch.nn.HingeEmbeddingLoss
nn.MarginRankingCriterion | = | torch.nn.MarginRankingLoss
nn.MultiLabelMarginCriterion | = | torch.nn.MultiLabelMarginLoss
nn.MultiLabelSoftMarginCriterion | = | torch.nn.MultiLabelSoftMarginLoss
nn.MultiMarginCriterion | = | torch.nn.MultiMarginLoss
nn.SoftMarginCriterion | = | torch.nn.SoftMarginLoss
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
optim.clip_grad_norm | - | torch.nn.utils.clip_grad_norm_
data.loader | - | torch.utils.data.DataLoader
save | torch.= | torch.=
load | torch.= | torch.=
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
   local torch7 = row.torch7 and row.torch7:gsub('^torch%.Tensor', 'Tensor')
   if torch7 and torch7 ~= row.ours then found[#found + 1] = {library = 'Torch7', name = row.torch7} end
   if row.pytorch then found[#found + 1] = {library = 'PyTorch', name = row.pytorch} end
   return found
end

return other
