"""Writes the small .t7 files that spec/t7_spec.lua reads, by a writer of its own: the format as doc/serialization.md and doc/file.md of
torch7 tell it. Run with a Python that has PyTorch, which computes what the networks should give; the files are committed.

    values.t7, values_ascii.t7, values_b32.t7   numbers, strings, booleans, tables with all sorts of keys, a table that holds itself
    tensors.t7, tensors_ascii.t7   every type of tensors and storages, those of a card too; views that share a storage, strides, none
    old.t7        objects without a version before the name of their class
    apart.t7      written with referenced(false): what is met again is written again
    function_6.t7, function_7.t7, function_8.t7   functions in the three ways that Torch7 has had
    classes.t7    objects of classes that nobody here has
    net.t7, net_ascii.t7   a convolutional network, an input and what the network gives for it
    graph.t7      a network of nngraph with two inputs and two outputs; tds.t7: tables of the package tds
    old_net.t7    the same as older packages wrote it: matrices as kernels, running_std, no train, names of cudnn
"""
import os
import struct
import torch
import torch.nn.functional as F

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 't7')
os.makedirs(here, exist_ok=True)

NIL, NUMBER, STRING, TABLE, TORCH, BOOLEAN = range(6)


class Object:
    """An object of a class, with fields."""

    def __init__(self, name, **fields):
        self.name, self.fields = name, fields


class Storage:
    def __init__(self, kind, values):
        self.kind, self.values = kind, values


class View:
    """A tensor: a view of a storage; offset counts from 0."""

    def __init__(self, storage, sizes, strides, offset=0, kind=None):
        self.storage, self.sizes, self.strides, self.offset = storage, sizes, strides, offset
        self.kind = kind or storage.kind


class Tds:
    def __init__(self, name, values):
        self.name, self.values = name, values


class Function:
    def __init__(self, type):
        self.type = type


class Table:
    """Pairs in an order; keys of any kind."""

    def __init__(self, *pairs):
        self.pairs = list(pairs)


def dense(t, kind='Float'):
    sizes, strides, n = list(t.shape), [], 1
    for size in reversed(sizes):
        strides.insert(0, n)
        n *= size
    return View(Storage(kind, t.reshape(-1).tolist()), sizes, strides)


codes = {'Float': 'f', 'Double': 'd', 'Half': 'e', 'Byte': 'B', 'Char': 'b', 'Short': 'h', 'Int': 'i', 'Long': 'q', 'Cuda': 'f',
         'CudaDouble': 'd', 'CudaLong': 'q', 'CudaHalf': 'e', 'CudaByte': 'B'}


class Writer:
    def __init__(self, ascii=False, long='q', versions=True, referenced=True):
        self.out, self.known, self.count = b'', {}, 0
        self.ascii, self.long, self.versions, self.referenced = ascii, long, versions, referenced
        self.kept = []  # so that no id is used twice

    def pack(self, code, *values):
        if self.ascii:
            text = ('%.17g' if code in 'd' else '%.9g' if code in 'fe' else '%d')
            self.out += (' '.join(text % v for v in values) + '\n').encode() if values else b''
        else:
            self.out += struct.pack('<%d%s' % (len(values), code), *values)

    def int(self, value):
        self.pack('i', value)

    def chars(self, text):
        text = text if isinstance(text, bytes) else text.encode()
        self.int(len(text))
        self.out += text + (b'\n' if self.ascii and text else b'')

    def is_new(self, value):
        self.kept.append(value)
        new = not self.referenced or id(value) not in self.known
        if new:
            self.count += 1
            self.known[id(value)] = self.count
        self.int(self.known[id(value)])
        return new

    def begin(self, name):
        if self.versions:
            self.chars('V 1')
        self.chars(name)

    def write(self, value):
        if value is None:
            self.int(NIL)
        elif isinstance(value, bool):
            self.int(BOOLEAN)
            self.int(1 if value else 0)
        elif isinstance(value, (int, float)):
            self.int(NUMBER)
            self.pack('d', value)
        elif isinstance(value, (str, bytes)):
            self.int(STRING)
            self.chars(value)
        elif isinstance(value, (dict, list, Table)):
            self.int(TABLE)
            if self.is_new(value):
                self.pairs(value)
        elif isinstance(value, Function):
            self.function(value)
        else:
            self.int(TORCH)
            if self.is_new(value):
                self.object(value)

    def pairs(self, value):
        pairs = value.pairs if isinstance(value, Table) else list(value.items()) if isinstance(value, dict) \
            else [(i + 1, v) for i, v in enumerate(value)]
        self.int(len(pairs))
        for key, one in pairs:
            self.write(key)
            self.write(one)

    def object(self, value):
        if isinstance(value, Storage):
            self.begin('torch.%sStorage' % value.kind)
            self.pack(self.long, len(value.values))
            if self.ascii and codes[value.kind] in 'bB':
                self.out += struct.pack('%d%s' % (len(value.values), codes[value.kind]), *value.values) + b'\n'
            else:
                self.pack(self.long if value.kind == 'Long' else codes[value.kind], *value.values)
        elif isinstance(value, Tds):
            self.begin(value.name)
            self.int(len(value.values))
            for one in value.values:
                for part in one if isinstance(one, tuple) else [one]:
                    self.write(part)
        elif isinstance(value, View):
            self.begin('torch.%sTensor' % value.kind)
            self.int(len(value.sizes))
            self.pack(self.long, *value.sizes)
            self.pack(self.long, *value.strides)
            self.pack(self.long, value.offset + 1)
            self.write(value.storage)
        else:
            self.begin(value.name)
            self.write(value.fields)

    def function(self, value):
        self.int(value.type)
        if value.type != 6:
            self.is_new(value)
        self.chars(b'\x1bLJ\x01\x02')
        self.write({})


def save(name, value, **how):
    writer = Writer(**how)
    writer.write(value)
    with open(os.path.join(here, name + '.t7'), 'wb') as out:
        out.write(writer.out)


# ---- values ----

values = {'whole': 7, 'third': 1 / 3, 'large': 2.0 ** 60, 'tiny': 5e-324, 'infinite': float('-inf'), 'nan': float('nan'),
          'text': 'two\nlines', 'empty': '', 'bytes': bytes(range(256)), 'yes': True, 'no': False, 'list': [10, 'twenty', [30]],
          'mixed': Table((1, 'one'), (2.5, 'two and a half'), (True, 'true'), ('key', 'text'))}
values['itself'] = values
values['again'] = values['list']
values['by_table'] = Table((values['list'], 'a table is the key'))
save('values', values)
save('values_ascii', values, ascii=True)
save('values_b32', {'list': [1, 2], 'sizes': Storage('Long', [3, 4]), 'matrix': View(Storage('Float', [1, 2, 3, 4]), [2, 2], [2, 1])},
     long='i')
shared = [1, 2]
save('apart', {'a': shared, 'b': shared}, referenced=False)

# ---- tensors ----

numbers = {'Float': [0.5, -3.25, 3e38], 'Double': [1 / 3, -2.5e300, 5e-324], 'Half': [0.5, -65504.0, 6e-8], 'Byte': [0, 10, 255],
           'Char': [-128, 10, 127], 'Short': [-32768, 0, 32767], 'Int': [-2 ** 31, 0, 2 ** 31 - 1],
           'Long': [-2 ** 63, 2 ** 53 + 1, 2 ** 63 - 1], 'Cuda': [1.5, 2.5, -3.5], 'CudaDouble': [1.5, 2.5, 1e300],
           'CudaLong': [1, 2, 2 ** 40], 'CudaHalf': [1.5, 2.5, 0.0], 'CudaByte': [1, 2, 3]}
tensors = {kind: View(Storage(kind, list), [3], [1]) for kind, list in numbers.items()}
base = Storage('Float', [i / 8 for i in range(24)])
tensors['storages'] = {kind: Storage(kind, list) for kind, list in numbers.items()}
tensors['dense'] = View(base, [2, 3, 4], [12, 4, 1])
tensors['transposed'] = View(base, [4, 3, 2], [1, 4, 12])
tensors['narrowed'] = View(base, [4], [1], 5)
tensors['expanded'] = View(base, [3, 2], [0, 1], 2)
tensors['base'] = base
tensors['same'] = tensors['dense']
tensors['empty'] = View(None, [], [], 0, 'Float')
tensors['emptied'] = View(Storage('Double', []), [], [], 0)
save('tensors', tensors)
save('tensors_ascii', tensors, ascii=True)
save('old', {'t': View(base, [2, 2], [4, 1], 1), 'sizes': Storage('Long', [2, 3]), 'net': Object('nn.Linear', weight=View(
    Storage('Float', [1, 2, 3, 4]), [2, 2], [2, 1]), bias=View(Storage('Float', [10, 20]), [2], [1]))}, versions=False)

# ---- functions and classes ----

for number in 6, 7, 8:
    save('function_%d' % number, {'name': 'net', 'closure': Function(number)})
node = Object('graph.Node', id=1, children=[])
node.fields['children'].append(Object('graph.Node', id=2, parent=node))
save('classes', {'node': node, 'trainer': Object('my.Trainer', rate=0.1, weight=dense(torch.ones(2, 2)))})

# ---- networks ----

torch.manual_seed(3)
w1, b1, w2 = torch.randn(4, 3, 3, 3) * 0.3, torch.randn(4), torch.randn(6, 4, 3, 3) * 0.3
mean, var, gamma, beta = torch.randn(4) * 0.2, torch.rand(4) + 0.5, torch.rand(4) + 0.5, torch.randn(4)
w3, b3, b2 = torch.randn(5, 6 * 3 * 3) * 0.2, torch.randn(5), torch.randn(6)
x = torch.randn(2, 3, 12, 12)


def network(x):
    y = F.conv2d(x, w1, b1, padding=1)
    y = F.max_pool2d(F.relu(F.batch_norm(y, mean, var, gamma, beta, eps=1e-3)), 2)
    side = F.conv2d(y, w2, b2, padding=2, dilation=2)
    y = F.avg_pool2d(side + 0.5 * side, 2)
    return F.log_softmax(F.linear(y.reshape(2, -1), w3, b3), 1)


def zeros(t):
    return dense(torch.zeros_like(t))


def module(name, **fields):
    return Object(name, output=View(None, [], [], 0, 'Float'), gradInput=View(None, [], [], 0, 'Float'), _type='torch.FloatTensor',
                  train=False, **fields)


conv2 = module('nn.SpatialDilatedConvolution', nInputPlane=4, nOutputPlane=6, kW=3, kH=3, dW=1, dH=1, padW=2, padH=2, dilationW=2,
               dilationH=2, weight=dense(w2), bias=dense(b2), gradWeight=zeros(w2), gradBias=zeros(b2))
net = module('nn.Sequential', modules=[
    module('nn.SpatialConvolution', nInputPlane=3, nOutputPlane=4, kW=3, kH=3, dW=1, dH=1, padW=1, padH=1, weight=dense(w1),
           bias=dense(b1), gradWeight=zeros(w1), gradBias=zeros(b1)),
    module('nn.SpatialBatchNormalization', eps=1e-3, momentum=0.1, affine=True, running_mean=dense(mean), running_var=dense(var),
           weight=dense(gamma), bias=dense(beta), gradWeight=zeros(gamma), gradBias=zeros(beta)),
    module('nn.ReLU', threshold=0, val=0, inplace=True),
    module('nn.SpatialMaxPooling', kW=2, kH=2, dW=2, dH=2, padW=0, padH=0, ceil_mode=False,
           indices=View(None, [], [], 0, 'Long')),
    module('nn.ConcatTable', modules=[
        conv2,
        module('nn.Sequential', modules=[conv2, module('nn.MulConstant', constant_scalar=0.5, inplace=False)])]),
    module('nn.CAddTable', inplace=False),
    module('nn.SpatialAveragePooling', kW=2, kH=2, dW=2, dH=2, padW=0, padH=0, ceil_mode=False, count_include_pad=True, divide=True),
    module('nn.View', size=Storage('Long', [54]), numElements=54),
    module('nn.Dropout', p=0.5, v2=True, inplace=False, noise=View(None, [], [], 0, 'Float')),
    module('nn.Linear', weight=dense(w3), bias=dense(b3), gradWeight=zeros(w3), gradBias=zeros(b3)),
    module('nn.LogSoftMax')])
whole = {'net': net, 'input': dense(x), 'output': dense(network(x)),
         'criterion': Object('nn.CrossEntropyCriterion', lsm=Object('nn.LogSoftMax'), nll=Object(
             'nn.ClassNLLCriterion', sizeAverage=False, weights=dense(torch.tensor([1., 2, 3, 4, 5])))),
         'state': {'learningRate': 0.1, 'evalCounter': 12, 'dfdx': zeros(b3)}}
save('net', whole)
save('net_ascii', whole, ascii=True)


# ---- nngraph: y = tanh(w a) + b, z = y * b; nodes know their children, and these by mapindex where their inputs come from ----

weight, shift = torch.randn(3, 3), torch.randn(3)


def node(number, children, **data):
    data['mapindex'] = Table()
    data['annotations'] = {}
    made = Object('nngraph.Node', id=number, data=data, children=children)
    return made


def connect(*pairs):
    for parent, child in pairs:
        parent.fields['children'].append(child)
        mapindex, data = child.fields['data']['mapindex'].pairs, parent.fields['data']
        place = len(mapindex) // 2 + 1
        mapindex += [(place, data), (data, place)]


innode, a, b = node(1, []), node(2, [], selectindex=1), node(3, [], selectindex=2)
linear = node(4, [], module=Object('nn.Linear', weight=dense(weight), bias=dense(shift)))
tanh = node(5, [], module=Object('nn.Tanh'))
total, product = node(6, [], module=Object('nn.CAddTable')), node(7, [], module=Object('nn.CMulTable'))
outnode = node(8, [])
connect((innode, a), (innode, b), (a, linear), (linear, tanh), (tanh, total), (b, total), (total, product), (b, product),
        (total, outnode), (product, outnode))
copy = Object('nngraph.Node', id=1, data=innode.fields['data'], children=[])
in_a, in_b = torch.randn(2, 3), torch.randn(2, 3)
out_y = torch.tanh(F.linear(in_a, weight, shift)) + in_b
save('graph', {'net': Object('nn.gModule', forwardnodes=[innode, a, b, linear, tanh, total, product, outnode], innode=copy,
                             outnode=outnode, nInputs=2, fg=Object('graph.Graph', nodes=[innode], edges=[])),
               'input': [dense(in_a), dense(in_b)], 'output': [dense(out_y), dense(out_y * in_b)]})


tds = {'vec': Tds('tds.Vec', [1, 'two', 3]), 'hash': Tds('tds.Hash', [('one', 1), (2, Tds('tds.Vec', [5]))])}
save('tds', tds, versions=True)


def old(name, **fields):
    return Object(name, **fields)


old_net = old('nn.Sequential', modules=[
    old('nn.SpatialConvolutionMM', nInputPlane=3, nOutputPlane=4, kW=3, kH=3, dW=1, dH=1, padding=1,
        weight=dense(w1.reshape(4, 27), 'Double'), bias=dense(b1, 'Double')),
    old('nn.SpatialBatchNormalization', eps=1e-3, momentum=0.1, running_mean=dense(mean, 'Double'),
        running_std=dense((var.double() + 1e-3) ** -0.5, 'Double'), weight=dense(gamma, 'Double'), bias=dense(beta, 'Double')),
    old('cudnn.ReLU', inplace=True),
    old('nn.SpatialMaxPooling', kW=2, kH=2, dW=2, dH=2),
    old('cudnn.SpatialConvolution', nInputPlane=4, nOutputPlane=6, kW=3, kH=3, dW=1, dH=1, padW=1, padH=1, groups=1,
        weight=dense(w2, 'Double'), bias=dense(b2, 'Double')),
    old('nn.SpatialAveragePooling', kW=2, kH=2, dW=2, dH=2),
    old('nn.Reshape', size=Storage('Long', [54]), nelement=54, batchsize=Storage('Long', [2, 54])),
    old('nn.Linear', weight=dense(w3, 'Double'), bias=dense(b3, 'Double'))])
y = F.max_pool2d(F.relu(F.batch_norm(F.conv2d(x, w1, b1, padding=1), mean, var, gamma, beta, eps=1e-3)), 2)
y = F.linear(F.avg_pool2d(F.conv2d(y, w2, b2, padding=1), 2).reshape(2, -1), w3, b3)
save('old_net', {'net': old_net, 'input': dense(x, 'Double'), 'output': dense(y, 'Double')}, versions=False)
