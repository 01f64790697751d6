--- help/other_names.lua: what Torch7 and PyTorch call what hilo has. Torch7's names are not repeated where they are ours.
local other = {}

-- What is alike but for a prefix: ours, Torch7's ('-': it has none), PyTorch's, and names, with PyTorch's behind a colon where it
-- is another.
local groups = {
   {'Tensor:', 'torch.Tensor:', 'torch.Tensor.', [[
      size:shape dim nElement:numel type getDevice:device totable:tolist data:data_ptr add:add_ mul:mul_ cmul:mul_
      fill:fill_ zero:zero_ copy:copy_ resize:resize_ uniform:uniform_ normal:normal_ bernoulli:bernoulli_ clone view
      scatter:scatter_ indexCopy:index_copy_ indexAdd:index_add_ maskedFill:masked_fill_]]},
   {'', 'torch.', 'torch.', [[
      zeros ones range:arange linspace eye rand randn randperm manualSeed:manual_seed Generator add cmul:mul cdiv:div
      pow cmax:maximum cmin:minimum cinv:reciprocal clamp abs acos asin atan atan2 ceil cos cosh cumprod cumsum dot eq
      exp floor fmod frac ge ger gt kthvalue le log log1p lt median min mm mul mv ne neg nonzero norm prod remainder
      round rsqrt sign sin sinh split sqrt squeeze std t tan tanh trunc var sigmoid bmm sum mean max sort topk cat
      gather index:index_select maskedSelect:masked_select save load getnumthreads:get_num_threads
      setnumthreads:set_num_threads]]},
   {'', '-', 'torch.', [[
      full no_grad enable_grad where argmax]]},
   {'nn.', 'nn.', 'torch.nn.', [[
      Sequential Linear SpatialConvolution:Conv2d SpatialDilatedConvolution:Conv2d SpatialBatchNormalization:BatchNorm2d
      BatchNormalization:BatchNorm1d Dropout SpatialDropout:Dropout2d ReLU LeakyReLU Sigmoid Tanh SoftMax:Softmax
      LogSoftMax:LogSoftmax SpatialMaxPooling:MaxPool2d SpatialAveragePooling:AvgPool2d
      SpatialAdaptiveAveragePooling:AdaptiveAvgPool2d SpatialUpSamplingBilinear:Upsample
      SpatialUpSamplingNearest:Upsample Identity View:Flatten Bilinear ELU HardShrink:Hardshrink HardTanh:Hardtanh
      LogSigmoid PReLU RReLU ReLU6 SoftMin:Softmin SoftPlus:Softplus SoftShrink:Softshrink SoftSign:Softsign
      SpatialSoftMax:Softmax2d TanhShrink:Tanhshrink Threshold GatedLinearUnit:GLU LayerNormalization:LayerNorm
      LookupTable:Embedding CosineDistance:CosineSimilarity PairwiseDistance PixelShuffle
      SpatialFullConvolution:ConvTranspose2d SpatialDepthWiseConvolution:Conv2d SpatialDilatedMaxPooling:MaxPool2d
      SpatialAdaptiveMaxPooling:AdaptiveMaxPool2d SpatialFractionalMaxPooling:FractionalMaxPool2d
      SpatialLPPooling:LPPool2d SpatialMaxUnpooling:MaxUnpool2d SpatialCrossMapLRN:LocalResponseNorm
      SpatialReflectionPadding:ReflectionPad2d SpatialReplicationPadding:ReplicationPad2d SpatialZeroPadding:ZeroPad2d
      TemporalConvolution:Conv1d TemporalMaxPooling:MaxPool1d VolumetricConvolution:Conv3d
      VolumetricFullConvolution:ConvTranspose3d VolumetricBatchNormalization:BatchNorm3d VolumetricDropout:Dropout3d
      VolumetricAveragePooling:AvgPool3d VolumetricMaxPooling:MaxPool3d
      VolumetricFractionalMaxPooling:FractionalMaxPool3d VolumetricMaxUnpooling:MaxUnpool3d
      VolumetricReplicationPadding:ReplicationPad3d MSECriterion:MSELoss DistKLDivCriterion:KLDivLoss
      CosineEmbeddingCriterion:CosineEmbeddingLoss HingeEmbeddingCriterion:HingeEmbeddingLoss
      MarginRankingCriterion:MarginRankingLoss MultiLabelMarginCriterion:MultiLabelMarginLoss
      MultiLabelSoftMarginCriterion:MultiLabelSoftMarginLoss MultiMarginCriterion:MultiMarginLoss
      SoftMarginCriterion:SoftMarginLoss AbsCriterion:L1Loss SmoothL1Criterion:SmoothL1Loss BCECriterion:BCELoss
      ClassNLLCriterion:NLLLoss CrossEntropyCriterion:CrossEntropyLoss]]},
}

-- Others: ours | Torch7 | PyTorch; '=' is our name, '-' that there is none.
local rows = [[
Tensor:dtype | torch.Tensor:type | torch.Tensor.dtype
Tensor:to | torch.Tensor:type, torch.Tensor:cuda | torch.Tensor.to
Tensor:item | - | torch.Tensor.item
Tensor:detach | - | torch.Tensor.detach
Tensor:backward | - | torch.Tensor.backward
empty | torch.Tensor | torch.=
backward | - | torch.autograd.backward
op | - | torch.autograd.Function
graph | - | torch.cuda.graph
affine | - | torch.add, torch.mul
relu | nn.ReLU | torch.nn.functional.=
leaky_relu | nn.LeakyReLU | torch.nn.functional.=
elu | nn.ELU | torch.nn.functional.=
softplus | nn.SoftPlus | torch.nn.functional.=
matmul | torch.mm | torch.=
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
nn.ConcatTable | = | -
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
io.safetensors | - | safetensors.torch
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

local function add(ours, torch7, pytorch)
   local row = {ours = ours, torch7 = torch7, pytorch = pytorch}
   list[#list + 1] = row
   by_name[ours] = row
end

for _, group in ipairs(groups) do
   for name, other_name in group[4]:gmatch('([^%s:]+):?(%S*)') do
      add(group[1] .. name, group[2] ~= '-' and group[2] .. name or nil, group[3] .. (other_name ~= '' and other_name or name))
   end
end
for line in rows:gmatch('[^\n]+') do
   local ours, torch7, pytorch = line:match('^(.-) | (.-) | (.-)$')
   add(ours, word(torch7, ours), word(pytorch, ours))
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
