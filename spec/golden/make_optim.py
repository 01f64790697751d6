"""Writes spec/golden/optim.lua: parameters after steps of PyTorch's optimisers, for spec/optim_spec.lua.

Two parameters, (2,3) and (4), start at p[i] = sin(i + 1) and sin(i + 7); the gradient of step k is cos(3 i + k + 1) and
cos(3 i + k + 7), plus 0.5 times the parameter itself. float64 throughout.
"""
import os
import torch

torch.set_default_dtype(torch.float64)

CASES = {
    'sgd': (torch.optim.SGD, dict(lr=0.1)),
    'sgd_decay': (torch.optim.SGD, dict(lr=0.1, weight_decay=0.05)),
    'sgd_momentum': (torch.optim.SGD, dict(lr=0.1, momentum=0.9, weight_decay=5e-4)),
    'sgd_dampening': (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3)),
    'sgd_nesterov': (torch.optim.SGD, dict(lr=0.03, momentum=0.9, weight_decay=1e-5, nesterov=True)),
    'adam': (torch.optim.Adam, dict(lr=0.01, betas=(0.9, 0.99))),
    'adam_decay': (torch.optim.Adam, dict(lr=0.05, weight_decay=0.1, eps=1e-4)),
}


def run(kind, options, steps=5):
    w = torch.nn.Parameter(torch.sin(torch.arange(6.) + 1).view(2, 3))
    b = torch.nn.Parameter(torch.sin(torch.arange(4.) + 7))
    lr = options['lr']
    optimiser = kind([{'params': [w]}, {'params': [b], 'lr': 10 * lr}], **options)
    for k in range(steps):
        w.grad = torch.cos(3 * torch.arange(6.) + k + 1).view(2, 3) + 0.5 * w.detach()
        b.grad = torch.cos(3 * torch.arange(4.) + k + 7) + 0.5 * b.detach()
        optimiser.step()
    return torch.cat([w.detach().flatten(), b.detach()]).tolist()


path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'optim.lua')
with open(path, 'w') as f:
    f.write('-- Written by make_optim.py with PyTorch %s.\nreturn {\n' % torch.__version__.split('+')[0])
    for name, (kind, options) in CASES.items():
        values = ', '.join('%.17g' % v for v in run(kind, options))
        lines, line = [], ''
        for v in values.split(', '):
            if len(line) + len(v) > 110:
                lines.append(line)
                line = ''
            line += v + ', '
        lines.append(line)
        f.write('   %s = {\n%s   },\n' % (name, ''.join('      %s\n' % text.rstrip() for text in lines)))
    f.write('}\n')
