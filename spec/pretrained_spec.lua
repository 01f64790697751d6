--- Networks begin with the weights of files as others publish them: by name, with what does not fit left out and told.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local networks = require 'hilo.train.networks'
local pretrained = require 'hilo.train.pretrained'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local models = hilo.models

describe('weights that others trained', function()
   local path = os.tmpname()
   teardown(function() os.remove(path) end)

   -- Writes the state of networks under other names; from: {prefix, network}, ... or {prefix, tensors}.
   local function write(...)
      local tensors = {}
      for _, part in ipairs {...} do
         for name, t in pairs(part[2].stateDict and part[2]:stateDict() or part[2]) do tensors[part[1] .. name] = t end
      end
      hilo.io.safetensors.save(path, tensors)
   end

   local function same(a, b)
      local there = b:stateDict()
      for name, t in pairs(a:stateDict()) do assert.is_true(hilo.equal(t, there[name]), name) end
   end


   it("fill a backbone from torchvision's of ImageNet, and the classifier there is left out", function()
      for _, name in ipairs {'resnet18', 'mobilenet_v2'} do
         local from = models[name]{classes = 7, width = 4}
         write {'', from}
         local S = models.deeplab{backbone = name, width = 4, classes = 3}
         local told = pretrained.load(S, path)
         local own = S.backbone:stateDict()
         for key, t in pairs(own) do assert.is_true(hilo.equal(t, from:stateDict()[key]), key) end
         assert.truthy(told:find('and 0 of the head; left out: ', 1, true), told)
         assert.truthy(told:find(from.head_prefix .. 'bias', 1, true), told)
         local M = models.classifier{backbone = name, width = 4, classes = 3}
         told = pretrained.load(M, path)
         for key, t in pairs(M:stateDict()) do
            if key:sub(1, #M.head_prefix) ~= M.head_prefix then assert.is_true(hilo.equal(t, from:stateDict()[key]), key) end
         end
         assert.truthy(told:find(('; left out: %sbias, %sweight$'):format(M.head_prefix, M.head_prefix):gsub('%.', '%%.')), told)
      end
   end)

   it('make the wide layers of VGG-16 convolutions of the head', function()
      local from = models.vgg16{classes = 7, width = 2}
      write {'', from}
      local S = models.deeplab{backbone = 'vgg16', width = 2, classes = 3, aspp_branches = 2}
      local told = pretrained.load(S, path)
      assert.truthy(told:find("the head's fc6 and fc7 are", 1, true), told)
      assert.truthy(told:find('; left out: classifier.6.bias, classifier.6.weight$'), told)
      local fc6 = from:stateDict()['classifier.0.weight']:view(128, 16, 7, 7)
      for i = 1, 2 do
         local w = S.head:get(i).fc6.weight
         assert.same({32, 16, 3, 3}, w:size():totable())
         assert.equal(fc6[9][4][7][1], w[3][4][3][1])
      end
   end)

   it("fill backbone and head from the authors' DeepLab-v2, and a head of other classes is left out and told", function()
      local from = models.deeplab{backbone = 'resnet50', width = 2, classes = 5}
      write({'', from.backbone}, {'layer5.conv2d_list.', from.head})
      local S = models.deeplab{backbone = 'resnet50', width = 2, classes = 5}
      local told = pretrained.load(S, path, '3x3')
      same(from, S)
      assert.truthy(told:find('8 of the head', 1, true), told)
      assert.truthy(told:find('model.stride_on=1x1', 1, true), told)
      S = models.deeplab{backbone = 'resnet50', width = 2, classes = 3, stride_on = '1x1'}
      told = pretrained.load(S, path, '1x1')
      same(from.backbone, S.backbone)
      assert.truthy(told:find('0 of the head; left out: layer5.conv2d_list.0.bias (5, here 3), ', 1, true), told)
      assert.truthy(told:find(' and 5 more', 1, true), told)
      assert.falsy(told:find('stride_on', 1, true), told)
      local M = models.classifier{backbone = 'resnet50', width = 2, classes = 3}
      pretrained.load(M, path)
      assert.is_true(hilo.equal(M:stateDict()['layer4.2.conv3.weight'], from.backbone:stateDict()['layer4.2.conv3.weight']))
   end)

   it("fill a backbone, and the pyramid of v3+, from torchvision's of segmentation", function()
      local from = models.deeplab{backbone = 'resnet50', head = 'deeplab3plus', width = 2, classes = 5}
      write({'backbone.', from.backbone}, {'classifier.0.', from.head.aspp}, {'classifier.', {['4.weight'] = hilo.randn(5, 8, 1, 1)}},
         {'aux_classifier.', {['4.bias'] = hilo.randn(5), ['1.num_batches_tracked'] = hilo.randn(1)}})
      local S = models.deeplab{backbone = 'resnet50', head = 'deeplab3plus', width = 2, classes = 3}
      local told = pretrained.load(S, path)
      same(from.backbone, S.backbone)
      same(from.head.aspp, S.head.aspp)
      assert.truthy(told:find('; left out: aux_classifier.4.bias, classifier.4.weight; new in the head: classify.bias, '
         .. 'classify.weight, low.0.weight and 14 more', 1, true), told)
      assert.truthy(told:find("the network's option first_block = 'previous' computes as it did", 1, true), told)
      S = models.deeplab{backbone = 'resnet50', head = 'deeplab3plus', width = 2, classes = 3, first_block = 'previous'}
      assert.falsy(pretrained.load(S, path):find('first_block', 1, true))
      S = models.deeplab{backbone = 'resnet50', width = 2, classes = 3}
      told = pretrained.load(S, path)
      same(from.backbone, S.backbone)
      assert.truthy(told:find('0 of the head', 1, true), told)
   end)

   -- The names of a network's state as one of the field's repositories has them; f gives the new name, and a tensor where it differs.
   local function called(net, f)
      local tensors = {}
      for name, t in pairs(net:stateDict()) do
         local new, changed = f(name, t)
         tensors[new] = changed or t
      end
      return tensors
   end

   -- The longest beginning that fits is replaced.
   local function replaced(name, rules)
      local longest = ''
      for from in pairs(rules) do
         if name:sub(1, #from) == from and #from > #longest then longest = from end
      end
      return (rules[longest] or '') .. name:sub(#longest + 1)
   end

   local function v3plus() return models.deeplab{backbone = 'resnet50', head = 'deeplab3plus', width = 4, classes = 5} end

   -- The decoder of some sees the features at a quarter of the size first.
   local function low_first(name, t)
      if name ~= 'head.refine1.0.weight' then return t end
      return hilo.cat({t:narrow(2, 17, 3), t:narrow(2, 1, 16)}, 2)
   end

   it("come from UniMatch's DeepLab-v3+, whose decoder sees the finer features first", function()
      local from, S = v3plus(), v3plus()
      write {'module.', called(from, function(name, t)
         return replaced(name, {['head.aspp.convs.4.'] = 'head.b4.gap.', ['head.aspp.convs.'] = 'head.b',
            ['head.aspp.project.'] = 'head.project.', ['head.low.'] = 'reduce.', ['head.refine1.'] = 'fuse.',
            ['head.refine2.0.'] = 'fuse.3.', ['head.refine2.1.'] = 'fuse.4.', ['head.classify.'] = 'classifier.'}), low_first(name, t)
      end)}
      local told = pretrained.load(S, path)
      same(from, S)
      assert.truthy(told:find('UniMatch', 1, true) and told:find("took 'module.' off every name", 1, true), told)
      assert.falsy(told:find('left out', 1, true) or told:find('new in the head', 1, true), told)
   end)

   it('come from pytorch-deeplab-xception, with dropout in the decoder and without', function()
      for _, at in ipairs {{3, 4, 6}, {4, 5, 8}} do
         local from, S = v3plus(), v3plus()
         write {'', called(from, function(name)
            local i, k, rest = name:match '^head%.aspp%.convs%.([0-3])%.(%d)%.(.*)$'
            if i then return ('aspp.aspp%d.%s.%s'):format(i + 1, k == '0' and 'atrous_conv' or 'bn', rest) end
            return replaced(name, {['head.aspp.convs.4.'] = 'aspp.global_avg_pool.', ['head.aspp.project.0.'] = 'aspp.conv1.',
               ['head.aspp.project.1.'] = 'aspp.bn1.', ['head.low.0.'] = 'decoder.conv1.', ['head.low.1.'] = 'decoder.bn1.',
               ['head.refine1.'] = 'decoder.last_conv.', ['head.refine2.0.'] = ('decoder.last_conv.%d.'):format(at[1]),
               ['head.refine2.1.'] = ('decoder.last_conv.%d.'):format(at[2]),
               ['head.classify.'] = ('decoder.last_conv.%d.'):format(at[3])})
         end)}
         local told = pretrained.load(S, path)
         same(from, S)
         assert.truthy(told:find('pytorch-deeplab-xception', 1, true), told)
      end
   end)

   it('come from DeepLabV3Plus-Pytorch, and what its decoder lacks is told', function()
      local from, S = v3plus(), v3plus()
      local tensors = called(from, function(name, t)
         return replaced(name, {['head.aspp.'] = 'classifier.aspp.', ['head.low.'] = 'classifier.project.',
            ['head.refine1.'] = 'classifier.classifier.', ['head.classify.'] = 'classifier.classifier.3.'}), low_first(name, t)
      end)
      for name in pairs(tensors) do if name:find 'refine2' then tensors[name] = nil end end
      write {'', tensors}
      local fresh = S.head.refine2:get(1).weight:detach():clone()
      local told = pretrained.load(S, path)
      assert.truthy(told:find('new in the head: refine2.0.weight, refine2.1.bias, refine2.1.running_mean and 2 more', 1, true), told)
      assert.is_true(hilo.equal(fresh, S.head.refine2:get(1).weight:detach()))
      S.head.refine2 = from.head.refine2
      for name, t in pairs(S:stateDict()) do
         if not name:find 'refine2' then assert.is_true(hilo.equal(t, from:stateDict()[name]), name) end
      end
   end)

   it('come from deeplab-pytorch, whatever it wraps them in', function()
      local units = {conv1 = 'reduce.conv', bn1 = 'reduce.bn', conv2 = 'conv3x3.conv', bn2 = 'conv3x3.bn', conv3 = 'increase.conv',
         bn3 = 'increase.bn'}
      for wrapper, shortcut in pairs {['base.'] = 'shortcut', ['module.scale.'] = 'proj'} do
         local from = models.deeplab{backbone = 'resnet50', width = 2, classes = 5, stride_on = '1x1'}
         local S = models.deeplab{backbone = 'resnet50', width = 2, classes = 5, stride_on = '1x1'}
         write {wrapper, called(from, function(name)
            local layer, block, unit, rest = name:match '^backbone%.layer(%d)%.(%d+)%.(%w+)%.(.*)$'
            if unit == 'downsample' then unit, rest = shortcut .. (rest:sub(1, 1) == '0' and '.conv' or '.bn'), rest:sub(3) end
            if layer then return ('layer%d.block%d.%s.%s'):format(layer + 1, block + 1, units[unit] or unit, rest) end
            return replaced(name, {['backbone.conv1.'] = 'layer1.conv1.conv.', ['backbone.bn1.'] = 'layer1.conv1.bn.',
               ['head.'] = wrapper == 'base.' and 'aspp.c' or 'aspp.stages.c'})
         end)}
         local told = pretrained.load(S, path, '1x1')
         same(from, S)
         assert.truthy(told:find('deeplab-pytorch', 1, true) and told:find('BGR', 1, true), told)
      end
   end)

   it("give the backbone and the pyramid of mmsegmentation's, and a stem of three convolutions is told", function()
      local from, S = v3plus(), v3plus()
      local function name_of(name)
         local i, k, rest = name:match '^head%.aspp%.convs%.([0-3])%.(%d)%.(.*)$'
         if i then return ('decode_head.aspp_modules.%d.%s.%s'):format(i, k == '0' and 'conv' or 'bn', rest) end
         return replaced(name, {['head.aspp.convs.4.1.'] = 'decode_head.image_pool.1.conv.',
            ['head.aspp.convs.4.2.'] = 'decode_head.image_pool.1.bn.', ['head.aspp.project.0.'] = 'decode_head.bottleneck.conv.',
            ['head.aspp.project.1.'] = 'decode_head.bottleneck.bn.', ['head.low.0.'] = 'decode_head.c1_bottleneck.conv.',
            ['head.low.1.'] = 'decode_head.c1_bottleneck.bn.', ['head.classify.'] = 'decode_head.conv_seg.'})
      end
      local tensors = called(from, name_of)
      for name in pairs(tensors) do if name:find '^head' then tensors[name] = nil end end
      write {'', tensors}
      local told = pretrained.load(S, path)
      same(from.backbone, S.backbone)
      same(from.head.aspp, S.head.aspp)
      assert.truthy(told:find('mmsegmentation', 1, true) and told:find('new in the head: refine1.0.weight', 1, true), told)
      tensors['backbone.conv1.weight'], tensors['backbone.stem.3.weight'] = nil, hilo.randn(2, 2, 3, 3)
      write {'', tensors}
      assert.truthy(helper.error_of(pretrained.load, S, path):find('does with the option stem=3x3', 1, true))
   end)

   it('come from networks that begin with three convolutions, where the network here does', function()
      local function deep()
         return models.deeplab{backbone = 'resnet50', head = 'deeplab3plus', width = 4, classes = 5, stem = '3x3'}
      end
      local from = deep()
      local names = {['backbone.conv1.'] = 'backbone.stem.', ['backbone.bn1.'] = 'backbone.stem.7.'}
      for _, rules in ipairs {{}, names} do
         local S = deep()
         write {'', called(from, function(name)
            return replaced(name, rules == names and rules or {}):gsub('^head%.', rules == names and 'decode_head.' or 'head.') .. ''
         end)}
         local told = pretrained.load(S, path)
         same(from.backbone, S.backbone)
         assert.truthy(told:find(rules == names and 'mmsegmentation' or "hilo's names", 1, true), told)
      end
   end)

   it('come from the averaged one of networks that lie side by side in a file', function()
      local teacher, student = v3plus(), v3plus()
      for _, names in ipairs {{'teacher.', 'student.'}, {'module.ema_model.module.', 'module.model.'}, {'branch1.', 'branch2.'}} do
         write({names[1], teacher}, {names[2], student})
         local S = v3plus()
         local told = pretrained.load(S, path)
         same(teacher, S)
         assert.truthy(told:find(' and left ' .. names[2]:match '(%w+)%.$', 1, true), told)
      end
   end)

   it('come from the checkpoint of a run, and from what DataParallel saved', function()
      local from = models.deeplab{backbone = 'resnet18', width = 2, classes = 5}
      for _, prefix in ipairs {'nets/S/', 'module.backbone.'} do
         if prefix == 'nets/S/' then write({prefix, from}, {'optims/', {x = hilo.randn(2)}}) else write {prefix, from.backbone} end
         local S = models.deeplab{backbone = 'resnet18', width = 2, classes = 3}
         pretrained.load(S, path)
         same(from.backbone, S.backbone)
      end
      local M = models.classifier{backbone = 'resnet18', width = 2, classes = 5}
      local S = models.deeplab{backbone = 'resnet18', width = 2, classes = 3}
      write({'nets/teacher/', M}, {'nets/student/', from.backbone})
      pretrained.load(S, path)
      for key, t in pairs(S.backbone:stateDict()) do assert.is_true(hilo.equal(t, M:stateDict()[key]), key) end
   end)

   it("fill the head too from a run's checkpoint, and its last layer is told where the classes differ in number", function()
      for _, head in ipairs {'deeplab2', 'deeplab3plus'} do
         local function network(classes) return models.deeplab{backbone = 'resnet18', head = head, width = 2, classes = classes} end
         local from, other = network(5), network(5)
         write({'nets/S/', from}, {'nets/D/', hilo.nn.Linear(2, 2)}, {'nets/S2/', other}, {'optims/', {x = hilo.randn(2)}},
            {'', {generator = hilo.randn(2)}})
         local S = network(5)
         local told = pretrained.load(S, path)
         same(from, S)
         local n = 0
         for _ in pairs(S.head:stateDict()) do n = n + 1 end
         assert.truthy(told:find(('tensors of the backbone and %d of the head$'):format(n)), told)
         S = network(3)
         told = pretrained.load(S, path)
         same(from.backbone, S.backbone)
         if head == 'deeplab2' then
            assert.truthy(told:find('and 0 of the head; left out: nets/S/head.0.bias (5, here 3), ', 1, true), told)
         else
            same(from.head.aspp, S.head.aspp)
            assert.truthy(told:find('; left out: nets/S/head.classify.bias (5, here 3), nets/S/head.classify.weight (5x8x1x1, here '
               .. '3x8x1x1); new in the head: classify.bias, classify.weight', 1, true), told)
         end
         local M = models.classifier{backbone = 'resnet18', width = 2, classes = 5}
         local before = M:stateDict()[M.head_prefix .. 'weight']:clone()
         told = pretrained.load(M, path)
         for key, t in pairs(from.backbone:stateDict()) do assert.is_true(hilo.equal(t, M:stateDict()[key]), key) end
         assert.is_true(hilo.equal(before, M:stateDict()[M.head_prefix .. 'weight']))
         assert.truthy(told:find('left out: nets/S/head.', 1, true), told)
      end
   end)

   it('are found by the name or the folder of a run', function()
      local from = models.deeplab{backbone = 'resnet18', width = 2, classes = 5}
      local runs = tiny.folder()
      hilo.data.folder.make(runs .. '/mine')
      local function network(weights)
         return networks.segmentation({model = {backbone = 'resnet18', head = 'deeplab2', width = 2, output_stride = 8,
            aspp_branches = 4, stem = '7x7', stride_on = '3x3', bn = 'train', weights = weights, checkpoint = false}, device = 'cpu',
            runs = runs}, {classes = {'a', 'b', 'c', 'd', 'e'}})
      end
      assert.matches('there is no .*mine/last.safetensors; is mine a run', helper.error_of(network, 'mine'))
      write({'nets/S/', from})
      tiny.write(runs .. '/mine/last.safetensors', tiny.read(path))
      for _, weights in ipairs {'mine', runs .. '/mine', runs .. '/mine/', runs .. '/mine/last.safetensors'} do
         same(from, network(weights))
      end
      local message = helper.error_of(network, 'other')
      assert.truthy(message:find('there is no file other, nor a run of that name in ' .. runs .. '; torchvision', 1, true), message)
      tiny.remove(runs)
   end)

   it('of another network are an error that names the file and what differs, and change nothing', function()
      write {'', models.resnet18{classes = 7, width = 4}}
      local S = models.deeplab{backbone = 'resnet34', width = 4, classes = 3}
      local before = S.backbone.conv1.weight:detach():clone()
      local message = helper.error_of(pretrained.load, S, path)
      assert.truthy(message:find(path, 1, true), message)
      assert.truthy(message:find('does not fit a resnet34', 1, true), message)
      assert.truthy(message:find('missing: layer1.2.bn1.bias', 1, true), message)
      assert.is_true(hilo.equal(before, S.backbone.conv1.weight:detach()))
      message = helper.error_of(pretrained.load, models.classifier{backbone = 'vgg16', width = 2, classes = 3}, path)
      assert.truthy(message:find('does not fit a vgg16', 1, true), message)
   end)

   it('of another width, or of another backbone, name the options that make them fit, and few of the names that do not', function()
      local function said(from, net)
         write {'', from}
         local message = helper.error_of(pretrained.load, net, path)
         assert.falsy(message:find('partial', 1, true), message)
         local _, lines = message:gsub('\n  ', '')
         assert.is_true(lines <= 3, message)
         return message
      end
      local function ends(message, text) assert.equal(text, message:sub(-#text)) end
      for name, width in pairs {resnet18 = 32, resnet50 = 24, vgg16 = 4, mobilenet_v2 = 32} do
         local from = models[name]{classes = 7, width = width}
         local message = said(from, models.deeplab{backbone = name, width = width / 2, classes = 3})
         ends(message, ("\nThe file's network has width %d; add model.width=%d"):format(width, width))
         assert.matches('%d+ of the names or sizes do not fit, the first:\n  wrong size: [^\n]+ here, [^\n]+ in the file\n', message)
         local other = name == 'resnet18' and 'resnet34' or 'resnet18'
         message = said(from, models.deeplab{backbone = other, width = 16, classes = 3})
         ends(message, ("\nThe file's network is a %s of width %d; add model.backbone=%s model.width=%d"):format(name, width, name,
            width))
      end
      write {'nets/S/', models.deeplab{backbone = 'resnet18', stem = '3x3', width = 24, classes = 3}}
      ends(helper.error_of(pretrained.load, models.deeplab{backbone = 'resnet18', stem = '3x3', width = 16, classes = 3}, path),
         "\nThe file's network has width 24; add model.width=24")
      local odd = models.resnet50{classes = 7, width = 8}:stateDict() -- as ResNeXt, whose inner planes are others
      odd['layer1.0.conv2.weight'] = hilo.randn(16, 1, 3, 3)
      assert.falsy(said(odd, models.deeplab{backbone = 'resnet18', width = 8, classes = 3}):find('add model', 1, true))
   end)

   it('are asked for by the options of a script', function()
      local from = models.vgg16{classes = 7, width = 2}
      write {'', from}
      local model = {backbone = 'vgg16', head = 'deeplab3plus', width = 2, output_stride = 16, aspp_branches = 4, stride_on = '3x3',
         bn = 'train', weights = path, checkpoint = false}
      local S = networks.segmentation({model = model, device = 'cpu'}, {classes = {'a', 'b'}})
      assert.equal('nn.DeepLabDecoder', S.head.__typename)
      assert.is_true(hilo.equal(S.backbone:stateDict()['features.0.weight'], from:stateDict()['features.0.weight']))
      local M = networks.classifier({model = model, device = 'cpu'}, {classes = {'a', 'b'}})
      assert.is_true(hilo.equal(M:stateDict()['classifier.3.weight'], from:stateDict()['classifier.3.weight']))
   end)
end)

describe('every backbone and head', function()
   it('goes through a run, the file that carries it to another machine, and its predictions', function()
      local work = tiny.folder()
      local picture = work .. '/new.png'
      hilo.io.image.save(picture, (tiny.picture(21, 38, 46)))
      for backbone, head in pairs {vgg16 = 'deeplab2', mobilenet_v2 = 'deeplab3plus'} do
         local made = tiny_runs.make {supervised = ('steps=2 model.backbone=%s model.head=%s'):format(backbone, head)}
         local packed = made.runs .. '/sup.hilo'
         local status, text = tiny_runs.command('pack', {'sup', packed, 'runs=' .. made.runs})
         assert.equal(0, status, text)
         local model, other = hilo.open('sup', {runs = made.runs}), hilo.open(packed)
         assert.equal(backbone, model.S.backbone.kind)
         assert.equal(head == 'deeplab3plus' and 'nn.DeepLabDecoder' or 'nn.LargeFOVPyramid', model.S.head.__typename)
         local labels, scores = model:predict(picture)
         local again, theirs = other:predict(picture)
         made.remove()
         assert.is_true(hilo.equal(labels, again))
         assert.same(scores, theirs)
      end
      tiny.remove(work)
   end)
end)
