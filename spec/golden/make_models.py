"""Writes models.lua: what PyTorch computes for small DeepLab networks, for spec/models_spec.lua. In float64, training mode.

Weights and inputs come from the formula of `numbers` below, which the spec repeats, so the file holds results only:
    y         sum(y * r), of the logits y and fixed weights r
    yy        sum(y * y)
    x         sum(dx * x), dx the gradient of sum(y * r)
    NAME      sum(gradient * d) of each parameter, d fixed numbers
    NAME.sum  sum of each running statistic after the pass
"""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

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


def conv(i, o, k, stride=1, dilation=1):
    return nn.Conv2d(i, o, k, stride, (k - 1) // 2 * dilation, dilation, bias=False)


class Block(nn.Module):
    def __init__(self, i, p, stride, dilation, bottleneck, on_first):
        super().__init__()
        o = 4 * p if bottleneck else p
        self.bottleneck = bottleneck
        if bottleneck:
            self.conv1 = conv(i, p, 1, stride if on_first else 1)
            self.conv2 = conv(p, p, 3, 1 if on_first else stride, dilation)
            self.conv3, self.bn3 = conv(p, o, 1), nn.BatchNorm2d(o)
        else:
            self.conv1, self.conv2 = conv(i, p, 3, stride, dilation), conv(p, p, 3, 1, dilation)
        self.bn1, self.bn2 = nn.BatchNorm2d(p), nn.BatchNorm2d(p)
        if stride != 1 or i != o:
            self.downsample = nn.Sequential(conv(i, o, 1, stride), nn.BatchNorm2d(o))
        self.o = o

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.bottleneck:
            y = self.bn3(self.conv3(F.relu(y)))
        return F.relu(y + (self.downsample(x) if hasattr(self, 'downsample') else x))


class Backbone(nn.Module):
    PLANS = {8: [(1, 1), (2, 1), (1, 2), (1, 4)], 16: [(1, 1), (2, 1), (2, 1), (1, 2)], 32: [(1, 1), (2, 1), (2, 1), (2, 1)]}

    def __init__(self, layers, width, bottleneck, output_stride, on_first):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)
        i = width
        for n, (count, (stride, dilation)) in enumerate(zip(layers, self.PLANS[output_stride])):
            blocks = []
            for b in range(count):
                blocks.append(Block(i, width * 2 ** n, stride if b == 0 else 1, dilation, bottleneck, on_first))
                i = blocks[-1].o
            setattr(self, f'layer{n + 1}', nn.Sequential(*blocks))
        self.o = i

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class DeepLab(nn.Module):
    def __init__(self, backbone, classes, branches):
        super().__init__()
        self.backbone = backbone
        self.head = nn.ModuleList([nn.Conv2d(backbone.o, classes, 3, 1, d, d) for d in (6, 12, 18, 24)[:branches]])

    def forward(self, x):
        f = self.backbone(x)
        return F.interpolate(sum(h(f) for h in self.head), x.shape[2:], mode='bilinear', align_corners=True)


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
    'resnet18, stride 8': lambda: DeepLab(Backbone([2, 2, 2, 2], 4, False, 8, False), 5, 4),
    'resnet34, stride 16': lambda: DeepLab(Backbone([3, 4, 6, 3], 2, False, 16, False), 5, 4),
    'resnet50, stride 8': lambda: DeepLab(Backbone([3, 4, 6, 3], 3, True, 8, False), 5, 4),
    'resnet50, stride 32': lambda: DeepLab(Backbone([3, 4, 6, 3], 3, True, 32, False), 5, 4),
    'resnet50, original': lambda: DeepLab(Backbone([3, 4, 6, 3], 3, True, 8, True), 5, 2),
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
