"""The networks that a run's options describe, with their weights, and how they train."""
import json
import math
import os
import struct
import sys

import numpy as np
import torch
import torch.nn as nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'golden'))
from networks import KINDS, DeepLab, Discriminator, ResNet, freeze_affine  # noqa: E402

DTYPES = {'F32': np.float32, 'F16': np.float16, 'F64': np.float64}


def read_safetensors(path):
    """Floating point tensors by name."""
    with open(path, 'rb') as file:
        entries = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in entries.items():
        if entry.get('dtype') in DTYPES:
            begin, end = entry['data_offsets']
            values = np.frombuffer(data[begin:end], DTYPES[entry['dtype']])
            tensors[name] = torch.from_numpy(values.astype(np.float32)).view(entry['shape'])
    return tensors


def below(tensors, prefix):
    """Those whose name begins with it, without it."""
    return {name[len(prefix):]: t for name, t in tensors.items() if name.startswith(prefix)}


def load(net, tensors, but=()):
    """All tensors of a network, except those whose names begin with one of `but`."""
    problem = net.load_state_dict(tensors, strict=False)
    missing = [n for n in problem.missing_keys if not n.endswith('num_batches_tracked') and not n.startswith(tuple(but))]
    if missing or problem.unexpected_keys:
        raise SystemExit(f'weights do not fit: {missing[:3]} are missing, {problem.unexpected_keys[:3]} are too many')
    return net


def load_backbone(net, path):
    """ImageNet's as torchvision saves them, or those of another run."""
    if not path:
        return
    tensors = read_safetensors(path) if path.endswith('.safetensors') else torch.load(path, map_location='cpu')
    for prefix in 'nets/S/backbone.', 'nets/teacher/', 'nets/student/':
        tensors = below(tensors, prefix) or tensors
    load(net, {name: t.float() for name, t in tensors.items() if not name.startswith('fc.')}, but=('fc.',))


def initialise(backbone):
    """Convolutions by fan-out, as torchvision does; the rest begins as PyTorch has it."""
    for m in backbone.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.normal_(m.weight, 0, math.sqrt(2 / (m.out_channels * m.kernel_size[0] * m.kernel_size[1])))


def resnet(model, output_stride, classes=None):
    if model['backbone'] not in KINDS:
        raise SystemExit(f"backbone {model['backbone']}: only {', '.join(KINDS)} are compared")
    net = ResNet(model['backbone'], output_stride, classes, model['width'], model.get('stride_on', '3x3'))
    initialise(net)
    load_backbone(net, model['weights'])
    if model['bn'] != 'train':
        freeze_affine(net)
    return net.to(memory_format=torch.channels_last)


def segmentation(o, classes):
    model = o['model']
    net = DeepLab(resnet(model, model['output_stride']), classes, model['aspp_branches'])
    for conv in net.head:
        nn.init.normal_(conv.weight, 0, 0.01)
        nn.init.zeros_(conv.bias)
    return net.to(memory_format=torch.channels_last)


def classifier(o, classes):
    return resnet(o['model'], 32, classes)


def discriminator(o, classes):
    return Discriminator(classes, o['d_dropout'], o['d_channels']).to(memory_format=torch.channels_last)


def training(net, o):
    """Training mode; batch normalisation that is frozen keeps its running statistics."""
    net.train()
    if o['model']['bn'] == 'frozen':
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.eval()


def optimiser(net, o, last, **more):
    """SGD, or Adam where asked for, over the backbone, at lr, and the layers whose names begin with `last`, at head_lr."""
    groups = [[], []]
    for name, p in net.named_parameters():
        if p.requires_grad:
            groups[name.startswith(last)].append(p)
    rates = o['lr'], o['head_lr'] or o['lr']
    groups = [{'params': group, 'lr': lr, 'base': lr} for group, lr in zip(groups, rates)]
    if o.get('optimiser') == 'adam':
        return torch.optim.Adam(groups, weight_decay=o['weight_decay'])
    return torch.optim.SGD(groups, momentum=o['momentum'],
                           weight_decay=o['weight_decay'], **more)


def set_rates(optimiser, factor):
    for group in optimiser.param_groups:
        group['lr'] = group['base'] * factor
