"""Writes models.lua: what PyTorch computes for small DeepLab networks, for spec/models_spec.lua. In float64, training mode.

Weights and inputs come from the formula of `numbers` below, which the spec repeats, so the file holds results only:
    y         sum(y * r), of the logits y and fixed weights r
    yy        sum(y * y)
    x         sum(dx * x), dx the gradient of sum(y * r)
    NAME      sum(gradient * d) of each parameter, d fixed numbers
    NAME.sum  sum of each running statistic after the pass
"""
import os
import sys

import torch

sys.dont_write_bytecode = True
from networks import DeepLab, ResNet  # noqa: E402

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


def results(net):
    for k, (name, p) in enumerate(sorted(net.named_parameters())):
        if p.dim() == 4:
            p.data = numbers(k + 1, p.shape, (6 / (p.shape[0] * p.shape[2] * p.shape[3])) ** 0.5)
        else:
            p.data = numbers(k + 1, p.shape, 0.3, 1 if name.endswith('weight') else 0)
    x = numbers(1001, (2, 3, 33, 41), 1).requires_grad_(True)
    y = net(x)
    (y * numbers(1002, y.shape, 1)).sum().backward()
    out = {'y': (y * numbers(1002, y.shape, 1)).sum(), 'yy': (y * y).sum(), 'x': (x.grad * x).sum()}
    for k, (name, p) in enumerate(sorted(net.named_parameters())):
        out[name] = (p.grad * numbers(2001 + k, p.shape, 1)).sum()
    for name, b in net.named_buffers():
        if b.dim():
            out[name + '.sum'] = b.sum()
    return out


CASES = {
    'resnet18, stride 8': lambda: DeepLab(ResNet('resnet18', 8, width=4), 5),
    'resnet34, stride 16': lambda: DeepLab(ResNet('resnet34', 16, width=2), 5),
    'resnet50, stride 8': lambda: DeepLab(ResNet('resnet50', 8, width=3), 5),
    'resnet50, stride 32': lambda: DeepLab(ResNet('resnet50', 32, width=3), 5),
    'resnet50, original': lambda: DeepLab(ResNet('resnet50', 8, width=3, stride_on='1x1'), 5, 2),
}

if __name__ == '__main__':
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'models.lua')
    with open(path, 'w') as f:
        f.write('-- Written by make_models.py.\nreturn {\n')
        for case, make in CASES.items():
            f.write(f"   ['{case}'] = {{\n")
            for name, value in sorted(results(make()).items()):
                f.write(f"      ['{name}'] = {value.item():.12g},\n")
            f.write('   },\n')
        f.write('}\n')
