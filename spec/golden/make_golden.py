"""Writes the golden files of this folder: inputs, outputs and gradients as PyTorch computes them.

Only needed to make them anew:  python spec/golden/make_golden.py
Everything is computed in float64 from inputs that are exact in the stored type, then rounded to it, so the files hold
what an exact implementation would give.

A file holds cases. Case NAME of function OP is the metadata entry NAME = "OP key=value key=value ..." and the tensors
   NAME/in/X      argument X
   NAME/dy        gradient of the (first) result
   NAME/out       the result; NAME/out2, ... where there are several
   NAME/grad/X    gradient of argument X
   NAME/after/X   argument X after the call, where the call changes it
"""
import json
import math
import os
import struct

import torch
import torch.nn.functional as F

torch.set_num_threads(2)
FOLDER = os.path.dirname(os.path.abspath(__file__))
DTYPES = {torch.float32: 'F32', torch.float64: 'F64', torch.uint8: 'U8', torch.int32: 'I32', torch.int64: 'I64'}


def save(name, tensors, metadata):
    header, blobs, at = {'__metadata__': metadata}, [], 0
    for key in sorted(tensors):
        t = tensors[key].detach().contiguous()
        blob = t.numpy().tobytes()
        header[key] = {'dtype': DTYPES[t.dtype], 'shape': list(t.shape), 'data_offsets': [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path = os.path.join(FOLDER, name + '.safetensors')
    with open(path, 'wb') as f:
        f.write(struct.pack('<Q', len(text)) + text + b''.join(blobs))
    print('%-24s %4d cases %7.1f KB' % (name, len(metadata), os.path.getsize(path) / 1024))


def spell(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (tuple, list)):
        return ','.join(spell(v) for v in value)
    return str(value)


class Golden:
    """The cases of one file."""

    def __init__(self, name):
        self.name, self.tensors, self.metadata = name, {}, {}
        self.random = torch.Generator().manual_seed(sum(name.encode()))

    def draw(self, *shape, low=-1.0, high=1.0, dtype=torch.float32):
        """Numbers that are exact in dtype, as float64."""
        x = torch.rand(*shape, generator=self.random, dtype=torch.float64) * (high - low) + low
        return x.to(dtype).double()

    def labels(self, *shape, classes, void=255):
        y = torch.randint(0, classes, shape, generator=self.random)
        return torch.where(torch.rand(shape, generator=self.random) < 0.15, torch.full_like(y, void), y)

    def positions(self, *shape, n):
        """Counted from 0 here, from 1 in the file."""
        return torch.randint(0, n, shape, generator=self.random)

    def case(self, op, f, inputs, grads=None, dtype=torch.float32, fixed=None, after=None, **options):
        """f(**inputs, **fixed) in float64. grads: names of the inputs to differentiate (all); fixed: integer inputs
        {name: (as f takes it, as the file holds it)}; after: names of inputs that f changes."""
        name = '%s.%d' % (op.replace(' ', '_'), len(self.metadata))
        grads = list(inputs) if grads is None else grads
        leaves = {k: v.clone().requires_grad_(k in grads) for k, v in inputs.items()}
        fixed = fixed or {}
        for key, x in inputs.items():
            self.tensors['%s/in/%s' % (name, key)] = x.to(dtype)
        results = f(**leaves, **{k: v[0] for k, v in fixed.items()})
        results = results if isinstance(results, tuple) else (results,)
        y = results[0]
        if grads:
            dy = self.draw(*y.shape, dtype=dtype)
            y.backward(dy)
            self.tensors[name + '/dy'] = dy.to(dtype)
            for key in grads:
                self.tensors['%s/grad/%s' % (name, key)] = leaves[key].grad.to(dtype)
        for key, (_, stored) in fixed.items():
            self.tensors['%s/in/%s' % (name, key)] = stored
        for i, r in enumerate(results):
            stored = r.to(dtype) if r.is_floating_point() else r
            self.tensors[name + '/out' + (str(i + 1) if i else '')] = stored
        for key in after or []:
            self.tensors['%s/after/%s' % (name, key)] = leaves[key].to(dtype)
        self.metadata[name] = ' '.join([op.replace(' ', '_')] + ['%s=%s' % (k, spell(v)) for k, v in options.items()])

    def save(self):
        save(self.name, self.tensors, self.metadata)


F32, F64 = torch.float32, torch.float64


def conv():
    g = Golden('conv')

    def add(x, w, bias=True, dtype=F32, stride=1, pad=0, dilation=1, groups=1):
        inputs = {'x': g.draw(*x, dtype=dtype), 'w': g.draw(*w, low=-0.5, high=0.5, dtype=dtype)}
        if bias:
            inputs['b'] = g.draw(w[0], dtype=dtype)
        options = {'groups': groups} if groups > 1 else {}
        g.case('conv2d', lambda x, w, b=None: F.conv2d(x, w, b, stride, pad, dilation, groups), inputs, dtype=dtype,
               stride=stride, pad=pad, dilation=dilation, **options)

    for dtype in F32, F64:
        add((2, 3, 11, 10), (4, 3, 3, 3), pad=1, dtype=dtype)
        add((1, 5, 13, 15), (6, 5, 3, 3), pad=2, dilation=2, bias=False, dtype=dtype)
        add((1, 3, 14, 13), (4, 3, 7, 7), stride=2, pad=3, bias=False, dtype=dtype)
    add((1, 12, 21, 21), (16, 12, 3, 3), pad=1)
    add((1, 9, 19, 17), (8, 9, 3, 3), pad=4, dilation=4)
    add((1, 8, 13, 13), (5, 8, 3, 3), pad=6, dilation=6)
    add((1, 8, 9, 9), (5, 8, 3, 3), pad=12, dilation=12)
    add((1, 8, 9, 11), (5, 8, 3, 3), pad=24, dilation=24)
    add((2, 7, 16, 12), (6, 7, 4, 4), stride=2, pad=1)
    add((2, 33, 9, 7), (17, 33, 1, 1), bias=False)
    add((1, 12, 9, 8), (20, 12, 1, 1), stride=2, bias=False)
    add((1, 12, 9, 8), (9, 12, 3, 3), stride=2, pad=1, bias=False)
    add((1, 3, 8, 12), (4, 3, 2, 3), stride=(1, 2), pad=(1, 2), dilation=(2, 3))
    add((3, 2, 5, 5), (4, 2, 5, 5))

    def pyramid(x, k, d1, d2, dtype):
        inputs = {'x': g.draw(*x, dtype=dtype)}
        for i in '1', '2':
            inputs['w' + i], inputs['b' + i] = g.draw(k, x[1], 3, 3, dtype=dtype), g.draw(k, dtype=dtype)
        g.case('conv2d_sum', lambda x, w1, b1, w2, b2: F.conv2d(x, w1, b1, 1, d1, d1) + F.conv2d(x, w2, b2, 1, d2, d2),
               inputs, dtype=dtype, d1=d1, d2=d2)

    for dtype in F32, F64:
        pyramid((2, 8, 9, 11), 2, 2, 6, dtype)
        pyramid((1, 3, 7, 5), 7, 1, 3, dtype)
    for dtype in F32, F64:
        add((2, 5, 11, 19), (5, 1, 3, 3), pad=1, groups=5, bias=False, dtype=dtype)
        add((1, 6, 12, 13), (6, 1, 3, 3), pad=1, stride=2, groups=6, dtype=dtype)
        add((1, 4, 9, 10), (8, 1, 3, 3), pad=4, dilation=4, groups=4, dtype=dtype)
        add((1, 3, 10, 14), (3, 1, 5, 2), stride=(2, 3), pad=(1, 0), dilation=(1, 2), groups=3, dtype=dtype)
        add((2, 6, 7, 8), (9, 2, 3, 3), pad=1, groups=3, dtype=dtype)
    g.save()


def norm():
    g = Golden('norm')

    def add(shape, training, relu=False, residual=False, dtype=F32, affine=True, eps=1e-5, momentum=0.1):
        c = shape[1]
        inputs = {'x': g.draw(*shape, low=-2, high=3, dtype=dtype)}
        if affine:
            inputs['gamma'], inputs['beta'] = g.draw(c, low=0.5, high=1.5, dtype=dtype), g.draw(c, dtype=dtype)
        if residual:
            inputs['add'] = g.draw(*shape, dtype=dtype)
        wanted = list(inputs)
        inputs['mean'], inputs['var'] = g.draw(c, dtype=dtype), g.draw(c, low=0.5, high=2, dtype=dtype)

        def f(x, mean, var, gamma=None, beta=None, add=None):
            y = F.batch_norm(x, mean, var, gamma, beta, training, momentum, eps)
            y = y if add is None else y + add
            return F.relu(y) if relu else y
        g.case('batch_norm', f, inputs, wanted, dtype, after=['mean', 'var'], training=training, relu=relu, eps=eps,
               momentum=momentum)

    for dtype in F32, F64:
        add((3, 4, 6, 5), True, dtype=dtype)
        add((3, 4, 6, 5), True, relu=True, residual=True, dtype=dtype)
        add((3, 4, 6, 5), False, relu=True, dtype=dtype)
    add((2, 5, 7, 7), True, affine=False)
    add((2, 5, 7, 7), False, residual=True, eps=1e-3)
    add((9, 6), True, momentum=0.3)
    add((1, 19, 9, 9), True, relu=True)
    g.save()


def pool():
    g = Golden('pool')

    def add(op, f, shape, dtype=F32, **options):
        g.case(op, f, {'x': g.draw(*shape, dtype=dtype)}, dtype=dtype, **options)

    for dtype in F32, F64:
        for shape, k, s, p, ceil in (((2, 3, 11, 10), 3, 2, 1, False), ((2, 3, 11, 10), 3, 2, 1, True),
                                     ((1, 2, 10, 9), 3, 2, 0, True), ((1, 2, 9, 8), (2, 3), (1, 2), (0, 1), False)):
            add('max_pool', lambda x: F.max_pool2d(x, k, s, p, ceil_mode=ceil), shape, dtype, kernel=k, stride=s, pad=p,
                ceil_mode=ceil)
            for count in True, False:
                add('avg_pool', lambda x: F.avg_pool2d(x, k, s, p, ceil, count), shape, dtype, kernel=k, stride=s, pad=p,
                    ceil_mode=ceil, count_pad=count)
        for h, w in (1, 1), (3, 4), (12, 5):
            add('adaptive_avg_pool', lambda x: F.adaptive_avg_pool2d(x, (h, w)), (2, 3, 10, 7), dtype, h=h, w=w)
            add('adaptive_max_pool', lambda x: F.adaptive_max_pool2d(x, (h, w)), (2, 3, 10, 7), dtype, h=h, w=w)
        add('global_avg_pool', lambda x: x.mean((2, 3)), (2, 5, 6, 7), dtype)
    g.save()


def resize():
    g = Golden('resize')
    for dtype in F32, F64:
        for h, w, p, q in (5, 6, 9, 13), (11, 9, 4, 5), (6, 6, 6, 6), (6, 5, 24, 40), (1, 1, 3, 2), (7, 5, 1, 1):
            x = {'x': g.draw(1, 2, h, w, dtype=dtype)}
            g.case('resize', lambda x: F.interpolate(x, (p, q), mode='bilinear', align_corners=False), x, dtype=dtype, h=p,
                   w=q, mode='bilinear')
            g.case('resize', lambda x: F.interpolate(x, (p, q), mode='bilinear', align_corners=True), x, dtype=dtype, h=p,
                   w=q, mode='bilinear', align_corners=True)
            g.case('resize', lambda x: F.interpolate(x, (p, q), mode='nearest'), x, dtype=dtype, h=p, w=q, mode='nearest')
    g.save()


def loss():
    g = Golden('loss')
    for dtype in F32, F64:
        for shape, dim in ((2, 7, 5, 4), 1), ((6, 9), 1), ((6, 9), 0), ((2, 3, 4, 5), 3):
            x = {'x': g.draw(*shape, low=-5, high=5, dtype=dtype)}
            g.case('softmax', lambda x: F.softmax(x, dim), x, dtype=dtype, dim=dim + 1)
            g.case('log_softmax', lambda x: F.log_softmax(x, dim), x, dtype=dtype, dim=dim + 1)

        def ce(shape, classes, weighted=False, void=255, per_image=False, stored=torch.uint8):
            inputs = {'x': g.draw(shape[0], classes, *shape[1:], low=-4, high=4, dtype=dtype)}
            if weighted:
                inputs['weight'] = g.draw(classes, low=0.2, high=2, dtype=dtype)
            labels = g.labels(*shape, classes=classes, void=void)

            def f(x, labels, weight=None):
                if not per_image:
                    return F.cross_entropy(x, labels, weight, ignore_index=void).view(1)
                return torch.stack([F.cross_entropy(x[i:i + 1], labels[i:i + 1], weight, ignore_index=void)
                                    for i in range(len(x))])
            g.case('cross_entropy', f, inputs, ['x'], dtype, {'labels': (labels, labels.to(stored))}, void=void,
                   per_image=per_image)

        ce((2, 6, 5), 4)
        ce((2, 6, 5), 4, weighted=True)
        ce((3, 6, 5), 21, per_image=True)
        ce((3, 6, 5), 5, weighted=True, per_image=True, stored=torch.int64)
        ce((9,), 6, void=-1, stored=torch.int32)

        def pair(op, f, low=-2.0, high=2.0, blow=-2.0, bhigh=2.0, wanted=('a', 'b')):
            for reduction in 'mean', 'sum':
                inputs = {'a': g.draw(3, 4, 5, low=low, high=high, dtype=dtype),
                          'b': g.draw(3, 4, 5, low=blow, high=bhigh, dtype=dtype)}
                g.case(op, lambda a, b: f(a, b, reduction=reduction).view(1), inputs, list(wanted), dtype,
                       reduction=reduction)

        pair('bce_with_logits', F.binary_cross_entropy_with_logits, -20, 20, 0, 1)
        pair('mse', F.mse_loss)
        pair('l1', F.l1_loss)
        pair('smooth_l1', F.smooth_l1_loss)
        for eps in 1e-8, 3.0:
            g.case('cosine_similarity', lambda a, b: (a * b).sum(1) / (a.norm(dim=1).clamp(min=eps) * b.norm(dim=1).clamp(min=eps)),
                   {'a': g.draw(4, 7, dtype=dtype), 'b': g.draw(4, 7, dtype=dtype)}, dtype=dtype, eps=eps)

    def resized(shape, size, dtype, aligned, weighted=False):
        inputs = {'x': g.draw(*shape, low=-4, high=4, dtype=dtype)}
        if weighted:
            inputs['weight'] = g.draw(shape[1], low=0.2, high=2, dtype=dtype)
        labels = g.labels(shape[0], *size, classes=shape[1])

        def f(x, labels, weight=None):
            full = F.interpolate(x, size, mode='bilinear', align_corners=aligned)
            return F.cross_entropy(full, labels, weight, ignore_index=255).view(1)
        g.case('resize_cross_entropy', f, inputs, ['x'], dtype, {'labels': (labels, labels.to(torch.uint8))},
               align_corners=aligned)

    for dtype in F32, F64:
        for aligned in True, False:
            resized((2, 5, 6, 7), (23, 29), dtype, aligned)
            resized((1, 4, 9, 5), (33, 18), dtype, aligned, weighted=True)
            resized((2, 3, 8, 9), (5, 4), dtype, aligned)
    g.save()


def labels():
    g = Golden('labels')
    x = g.draw(2, 6, 5, 4)
    g.case('label_map', lambda x: (x.max(1).values, x.max(1).indices.to(torch.uint8)), {'x': x}, [])
    y = g.labels(2, 5, 4, classes=6)
    g.case('one_hot', lambda labels: torch.where((labels == 255).unsqueeze(1), 0.0,
                                                 F.one_hot(labels.clamp(max=5), 6).permute(0, 3, 1, 2).double()),
           {}, [], fixed={'labels': (y, y.to(torch.uint8))}, classes=6)
    p = g.positions(2, 5, 4, n=6)

    def confusion(truth, prediction):
        m = torch.zeros(6, 6, dtype=torch.int64)
        for t, q in zip(truth.flatten().tolist(), prediction.flatten().tolist()):
            if t != 255:
                m[t, q] += 1
        return m
    g.case('confusion', confusion, {}, [], fixed={'truth': (y, y.to(torch.uint8)), 'prediction': (p, p.to(torch.uint8))},
           classes=6)
    g.save()


def pair():
    g = Golden('pair')

    def unit(images):
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        return (images - low) / (high - low)

    for dtype in F32, F64:
        for masked in False, True:
            shown = torch.ones(2, 1, 5, 6) if not masked else g.positions(2, 1, 5, 6, n=2)
            fixed = {'mask': (shown, shown.to(torch.uint8))} if masked else {}
            inputs = {'x': g.draw(2, 7, 5, 6, low=-4, high=4, dtype=dtype), 'images': g.draw(2, 3, 5, 6, low=-3, high=2, dtype=dtype)}
            g.case('softmax_pair', lambda x, images, mask=shown: torch.cat((F.softmax(x, 1) * mask, unit(images)), 1), inputs,
                   ['x'], dtype, fixed)
            y = g.labels(2, 5, 6, classes=4)
            fixed = dict(fixed, labels=(y, y.to(torch.uint8)))

            def f(images, labels, mask=shown):
                one_hot = F.one_hot(labels.clamp(max=4), 5)[..., :4].permute(0, 3, 1, 2).double()
                return torch.cat((one_hot * mask, unit(images)), 1)
            g.case('one_hot_pair', f, {'images': g.draw(2, 3, 5, 6, low=-3, high=2, dtype=dtype)}, [], dtype, fixed, classes=4)
    g.save()


def pointwise():
    g = Golden('pointwise')
    functions = {
        'neg': (torch.neg, -2, 2), 'abs': (torch.abs, -2, 2), 'square': (torch.square, -2, 2), 'sqrt': (torch.sqrt, 0.1, 4),
        'rsqrt': (torch.rsqrt, 0.1, 4), 'cinv': (torch.reciprocal, 0.2, 4), 'exp': (torch.exp, -20, 20),
        'log': (torch.log, 0.01, 100), 'log1p': (torch.log1p, -0.9, 10), 'sin': (torch.sin, -10, 10),
        'cos': (torch.cos, -10, 10), 'tan': (torch.tan, -1.3, 1.3), 'asin': (torch.asin, -0.95, 0.95),
        'acos': (torch.acos, -0.95, 0.95), 'atan': (torch.atan, -5, 5), 'sinh': (torch.sinh, -5, 5),
        'cosh': (torch.cosh, -5, 5), 'tanh': (torch.tanh, -6, 6), 'sigmoid': (torch.sigmoid, -30, 30),
        'softplus': (F.softplus, -15, 15), 'floor': (torch.floor, -5, 5), 'ceil': (torch.ceil, -5, 5),
        'round': (torch.round, -5, 5), 'trunc': (torch.trunc, -5, 5), 'frac': (torch.frac, -5, 5),
        'sign': (torch.sign, -2, 2), 'relu': (torch.relu, -2, 2),
    }
    for dtype in F32, F64:
        for op, (f, low, high) in functions.items():
            g.case(op, f, {'x': g.draw(5, 9, low=low, high=high, dtype=dtype)}, dtype=dtype)
        x = {'x': g.draw(5, 9, low=-2, high=2, dtype=dtype)}
        positive = {'x': g.draw(5, 9, low=0.2, high=3, dtype=dtype)}
        g.case('leaky_relu', lambda x: F.leaky_relu(x, 0.2), x, dtype=dtype, a=0.2)
        g.case('elu', lambda x: F.elu(x, 0.7), x, dtype=dtype, a=0.7)
        g.case('clamp', lambda x: x.clamp(-0.5, 1.25), x, dtype=dtype, a=-0.5, b=1.25)
        g.case('affine', lambda x: 3 * x - 1, x, dtype=dtype, a=3, b=-1)
        g.case('pow', lambda x: x ** 3, x, dtype=dtype, a=3)
        g.case('pow', lambda x: x ** -1.5, positive, dtype=dtype, a=-1.5)
        two = {'add': torch.add, 'sub': torch.sub, 'cmul': torch.mul, 'cdiv': torch.div, 'pow': torch.pow,
               'cmax': torch.maximum, 'cmin': torch.minimum}
        for op, f in two.items():
            low = 0.3 if op in ('cdiv', 'pow') else -2
            for a, b in ((4, 6), (4, 6)), ((2, 3, 4), (3, 1)), ((6,), (4, 6)), ((2, 1, 4, 1), (3, 1, 5)):
                g.case('two ' + op, lambda a, b: f(a, b), {'a': g.draw(*a, low=low, high=2, dtype=dtype),
                                                            'b': g.draw(*b, low=low, high=2, dtype=dtype)}, dtype=dtype)
        for op, f in {'mod': torch.remainder, 'fmod': torch.fmod, 'atan2': torch.atan2}.items():
            g.case('two ' + op, lambda a, b: f(a, b), {'a': g.draw(6, 7, low=-9, high=9, dtype=dtype),
                                                        'b': g.draw(6, 7, low=-4, high=4, dtype=dtype)}, [], dtype)
        mask = g.positions(4, 6, n=2).to(torch.uint8)
        g.case('where', lambda mask, a, b: torch.where(mask, a, b), {'a': g.draw(4, 6, dtype=dtype), 'b': g.draw(6, dtype=dtype)},
               dtype=dtype, fixed={'mask': (mask.bool(), mask)})
    g.save()


def reduce():
    g = Golden('reduce')
    for dtype in F32, F64:
        x = {'x': g.draw(3, 4, 5, low=0.4, high=2, dtype=dtype)}
        for op, f in {'sum': torch.sum, 'mean': torch.mean}.items():
            g.case(op, lambda x: f(x).view(1), x, dtype=dtype)
            g.case(op, lambda x: f(x, 1, keepdim=True), x, dtype=dtype, dims=2)
            g.case(op, lambda x: f(x, (0, 2), keepdim=True), x, dtype=dtype, dims=(1, 3))
        g.case('prod', lambda x: x.prod().view(1), x, dtype=dtype)
        g.case('prod', lambda x: x.prod(1, keepdim=True), x, dtype=dtype, dims=2)
        for p in 1, 2, 3:
            g.case('norm', lambda x: x.norm(p).view(1), x, dtype=dtype, p=p)
            g.case('norm', lambda x: x.norm(p, 1, keepdim=True), x, dtype=dtype, p=p, dim=2)
        g.case('var', lambda x: x.var().view(1), x, dtype=dtype)
        g.case('var', lambda x: x.var(1, keepdim=True), x, dtype=dtype, dim=2)
        g.case('std', lambda x: x.std(2, keepdim=True), x, dtype=dtype, dim=3)
        for dim in range(3):
            g.case('max', lambda x: (x.max(dim, keepdim=True).values, x.max(dim, keepdim=True).indices + 1), x, dtype=dtype,
                   dim=dim + 1)
            g.case('min', lambda x: (x.min(dim, keepdim=True).values, x.min(dim, keepdim=True).indices + 1), x, dtype=dtype,
                   dim=dim + 1)
            g.case('sort', lambda x: (x.sort(dim).values, x.sort(dim).indices + 1), x, dtype=dtype, dim=dim + 1)
            g.case('cumsum', lambda x: x.cumsum(dim), x, [], dtype, dim=dim + 1)
            g.case('cumprod', lambda x: x.cumprod(dim), x, [], dtype, dim=dim + 1)
        g.case('topk', lambda x: (x.topk(2, 2).values, x.topk(2, 2).indices + 1), x, dtype=dtype, k=2, dim=3, largest=True)
        g.case('median', lambda x: (x.median(2, keepdim=True).values, x.median(2, keepdim=True).indices + 1), x, dtype=dtype,
               dim=3)
    g.save()


def shape_and_matmul():
    g = Golden('matmul')
    for dtype in F32, F64:
        for a, b in ((3, 4), (4, 5)), ((33, 17), (17, 40)), ((2, 3, 4), (2, 4, 5)), ((1, 130), (130, 1)):
            g.case('matmul', lambda a, b: a @ b, {'a': g.draw(*a, dtype=dtype), 'b': g.draw(*b, dtype=dtype)}, dtype=dtype)
        i = g.positions(7, n=4)
        g.case('index', lambda x, index: x.index_select(0, index), {'x': g.draw(4, 3, dtype=dtype)}, dtype=dtype,
               fixed={'index': (i, i + 1)}, dim=1)
        i = g.positions(4, 6, n=3)
        g.case('gather', lambda x, index: x.gather(1, index), {'x': g.draw(4, 3, dtype=dtype)}, dtype=dtype,
               fixed={'index': (i, i + 1)}, dim=2)
        m = g.positions(4, 3, n=2).to(torch.uint8)
        g.case('maskedSelect', lambda x, mask: x.masked_select(mask), {'x': g.draw(4, 3, dtype=dtype)}, dtype=dtype,
               fixed={'mask': (m.bool(), m)})
        g.case('cat', lambda a, b: torch.cat((a, b), 1), {'a': g.draw(2, 3, 2, dtype=dtype), 'b': g.draw(2, 1, 2, dtype=dtype)},
               dtype=dtype, dim=2)
        g.case('repeatTensor', lambda x: x.repeat(2, 1, 3), {'x': g.draw(2, 3, dtype=dtype)}, dtype=dtype, times=(2, 1, 3))
    g.save()


if __name__ == '__main__':
    for family in conv, norm, pool, resize, loss, labels, pair, pointwise, reduce, shape_and_matmul:
        family()
