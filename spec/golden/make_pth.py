"""Writes the small .pth files that spec/io_pth_spec.lua reads. Run with a Python that has PyTorch; the files are committed.

    zip.pth      zip format: parameters, a transposed tensor, a scalar, two tensors on one storage, every element type
    legacy.pth   the same in the format before PyTorch 1.6
    half.pth     half precision values: zeros, subnormals, the largest, infinities, NaN, and 64 at random
    deflated.pth  zip.pth packed again, its members deflated
    program.pth  a pickle that asks for os.system
    nested.pth   a training checkpoint: {'state_dict': ..., 'optimizer': ..., 'epoch': ...} with DataParallel's names
"""
import os
import zipfile
import torch

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pth')
os.makedirs(here, exist_ok=True)
torch.manual_seed(1)

base = torch.arange(24, dtype=torch.float32) / 8 - 1
tensors = {
    'parameter': torch.nn.Parameter(torch.tensor([[1.5, -2.25], [0.125, 3.0]])),
    'transposed': base.view(2, 3, 4).transpose(0, 2),
    'narrowed': base[5:9],
    'scalar': torch.tensor(7),
    'empty': torch.empty(0, 3),
    'double': torch.tensor([1 / 3, -2.5e300], dtype=torch.float64),
    'half': torch.tensor([0.5, -65504.0], dtype=torch.float16),
    'bfloat16': torch.tensor([1.0, -3.140625], dtype=torch.bfloat16),
    'long': torch.tensor([2 ** 40, -5]),
    'int': torch.tensor([-2 ** 31, 2 ** 31 - 1], dtype=torch.int32),
    'short': torch.tensor([-32768, 32767], dtype=torch.int16),
    'char': torch.tensor([-128, 127], dtype=torch.int8),
    'byte': torch.tensor([0, 255], dtype=torch.uint8),
    'bool': torch.tensor([True, False]),
}
torch.save(tensors, os.path.join(here, 'zip.pth'))
torch.save(tensors, os.path.join(here, 'legacy.pth'), _use_new_zipfile_serialization=False)
with zipfile.ZipFile(os.path.join(here, 'zip.pth')) as source, \
        zipfile.ZipFile(os.path.join(here, 'deflated.pth'), 'w', zipfile.ZIP_DEFLATED) as target:
    for name in source.namelist():
        target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)


class Program:
    def __reduce__(self):
        return os.system, ('true',)


torch.save({'weight': torch.ones(2), 'extra': Program()}, os.path.join(here, 'program.pth'))

bits = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x3c01]
special = torch.tensor([b - 65536 if b >= 32768 else b for b in bits], dtype=torch.int16).view(torch.float16)
half = torch.cat([special, torch.randn(64).half()])
torch.save({'half': half, 'float': half.float()}, os.path.join(here, 'half.pth'))

net = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
net(torch.randn(1, 2, 5, 5)).sum().backward()
optimiser.step()
state = {'module.' + name: t for name, t in net.state_dict().items()}
torch.save({'state_dict': state, 'optimizer': optimiser.state_dict(), 'epoch': 3, 'best': 0.5},
           os.path.join(here, 'nested.pth'))
