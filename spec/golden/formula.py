"""Tensors by a formula on their name and the element's number, so that they need not be stored: spec/helper.lua has the other half."""
import math

import torch

P = 65537


def salt_of(name):
    s = 0
    for c in name.encode():
        s = (s * 31 + c) % P
    return s


def formula(name, shape, scale=1.0, shift=0.0):
    """Numbers from [shift - scale/2, shift + scale/2), rounded to float32."""
    n, salt = math.prod(shape), salt_of(name)
    i = torch.arange(n, dtype=torch.int64) % P
    v = (i * i + (7919 + salt) * i + salt) % P
    return ((v.double() / P - 0.5) * scale + shift).float().double().view(shape)


def labels_by_formula(name, shape, classes):
    """Blocks of 8x8 pixels; about one block in 16 is void."""
    n, h, w = shape
    rows, cols = (h + 7) // 8, (w + 7) // 8
    v = ((formula(name, (n, rows, cols)) + 0.5) * P).round().long()
    v = torch.where(v % 16 == 0, torch.full_like(v, 255), v % classes)
    return v.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, :h, :w].contiguous()


def fill(net, prefix):
    with torch.no_grad():
        for name, t in list(net.named_parameters()) + list(net.named_buffers()):
            if name.endswith('num_batches_tracked'):
                continue
            key = prefix + name
            if t.dim() > 1:
                fan_in = t[0].numel()
                t.copy_(formula(key, t.shape, math.sqrt(24 / fan_in)))
            elif name.endswith('running_var') or name.endswith('weight'):
                t.copy_(formula(key, t.shape, 0.5, 1.0))
            else:
                t.copy_(formula(key, t.shape, 0.2))
    return net
