"""Writes models.lua: what PyTorch computes for small networks, for spec/models_spec.lua. In float64, training mode, without dropout.

Weights and inputs come from the formula of `numbers` below, which the spec repeats, so the file holds results only:
    y         sum(y * r), of the logits y and fixed weights r
    yy        sum(y * y)
    x         sum(dx * x), dx the gradient of sum(y * r)
    NAME      sum(gradient * d) of each parameter, d fixed numbers
    NAME.sum  sum of each running statistic after the pass
and of the networks in BRIEF, instead of the last three
    x           sum(dx * d), d fixed numbers
    gradients   sum of all sum(gradient * d)
    statistics  sum of all running statistics
"""
import math
import os
import sys

import torch

sys.dont_write_bytecode = True
from backbones import Features, mobilenet, vgg16  # noqa: E402
from networks import DeepLab, DeepLab3Plus, LargeFOVNet, ResNet  # noqa: E402

torch.set_num_threads(2)
torch.set_default_dtype(torch.float64)


def numbers(seed, sizes, scale, offset=0):
    """Park and Miller's generator, as spec/helper.lua has it."""
    state, out = seed * 7919 % 2147483646 + 1, []
    n = 1
    for s in sizes:
        n *= s
    for _ in range(n):
        state = state * 48271 % 2147483647
        out.append(offset + scale * (2 * (state / 2147483647) - 1))
    return torch.tensor(out).view(*sizes)


def results(net, brief):
    for k, (name, p) in enumerate(sorted(net.named_parameters())):
        if p.dim() > 1:
            p.data = numbers(k + 1, p.shape, (6 / (p.shape[0] * math.prod(p.shape[2:]))) ** 0.5)
        else:
            p.data = numbers(k + 1, p.shape, 0.3, 1 if name.endswith('weight') else 0)
    x = numbers(1001, (2, 3, 33, 41), 1).requires_grad_(True)
    y = net(x)
    (y * numbers(1002, y.shape, 1)).sum().backward()
    out = {'y': (y * numbers(1002, y.shape, 1)).sum(), 'yy': (y * y).sum(), 'x': (x.grad * x).sum()}
    gradients = {name: (p.grad * numbers(2001 + k, p.shape, 1)).sum() for k, (name, p) in enumerate(sorted(net.named_parameters()))}
    statistics = {name + '.sum': b.sum() for name, b in net.named_buffers() if b.dim()}
    if brief:
        out['x'] = (x.grad * numbers(1003, x.shape, 1)).sum()
        zero = torch.zeros(())
        return {**out, 'gradients': sum(gradients.values(), zero), 'statistics': sum(statistics.values(), zero)}
    return {**out, **gradients, **statistics}


CASES = {
    'resnet18, stride 8': lambda: DeepLab(ResNet('resnet18', 8, width=4), 5),
    'resnet34, stride 16': lambda: DeepLab(ResNet('resnet34', 16, width=2), 5),
    'resnet50, stride 8': lambda: DeepLab(ResNet('resnet50', 8, width=3), 5),
    'resnet50, stride 32': lambda: DeepLab(ResNet('resnet50', 32, width=3), 5),
    'resnet50, original': lambda: DeepLab(ResNet('resnet50', 8, width=3, stride_on='1x1'), 5, 2),
}

BRIEF = {
    'resnet18, v3+, stride 16': lambda: DeepLab3Plus(ResNet('resnet18', 16, width=4, low=True), 5, (6, 12, 18), 16, 3),
    'resnet50, v3+, stride 8': lambda: DeepLab3Plus(ResNet('resnet50', 8, width=3, low=True), 5, (12, 24, 36), 12, 3),
    'vgg16, LargeFOV': lambda: LargeFOVNet(Features(vgg16(8, 3)), 5, 48, (12,)),
    'vgg16, stride 16': lambda: LargeFOVNet(Features(vgg16(16, 2)), 5, 32, (6, 12, 18, 24)),
    'vgg16, v3+': lambda: DeepLab3Plus(Features(vgg16(16, 4), True), 5, (6, 12, 18), 16, 3),
    'vgg16, classifier': lambda: vgg16(32, 2, 5),
    'mobilenet_v2, stride 8': lambda: DeepLab(Features(mobilenet(8, 4)), 5),
    'mobilenet_v2, stride 16': lambda: DeepLab(Features(mobilenet(16, 16)), 5),
    'mobilenet_v2, v3+': lambda: DeepLab3Plus(Features(mobilenet(16, 4), True), 5, (6, 12, 18), 16, 3),
    'mobilenet_v2, classifier': lambda: mobilenet(32, 4, 5),
}

if __name__ == '__main__':
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'models.lua')
    with open(path, 'w') as f:
        f.write('-- Written by make_models.py.\nreturn {\n')
        for case, make in {**CASES, **BRIEF}.items():
            f.write(f"   ['{case}'] = {{\n")
            for name, value in sorted(results(make(), case in BRIEF).items()):
                f.write(f"      ['{name}'] = {value.item():.12g},\n")
            f.write('   },\n')
        f.write('}\n')
