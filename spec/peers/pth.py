"""What Python finds in a .pth that hilo wrote, as JSON: by torch.load(weights_only=True) where PyTorch is installed, else by Python's own
zipfile and an unpickler that knows the few names which torch.load(weights_only=True) allows of state dicts. Usage: pth.py FILE"""
import collections
import io
import json
import pickle
import pickletools
import struct
import sys
import zipfile

CODES = {'FloatStorage': 'f', 'DoubleStorage': 'd', 'ByteStorage': 'B', 'CharStorage': 'b', 'ShortStorage': 'h', 'IntStorage': 'i',
         'LongStorage': 'q', 'BFloat16Storage': 'H'}


class Tensor:
    def __init__(self, storage, offset, sizes, strides, requires_grad, hooks):
        assert not requires_grad and hooks == {} and len(sizes) == len(strides)
        self.kind, self.key, self.elements = storage
        self.sizes, self.strides, self.offset = sizes, strides, offset

    def values(self, at=None, d=0):
        at = self.offset if at is None else at
        if d == len(self.sizes):
            return self.elements[at]
        return [self.values(at + i * self.strides[d], d + 1) for i in range(self.sizes[d])]


class Unpickler(pickle.Unpickler):
    def __init__(self, text, archive, root):
        super().__init__(io.BytesIO(text))
        self.archive, self.root = archive, root

    def find_class(self, module, name):
        known = {('collections', 'OrderedDict'): collections.OrderedDict, ('torch._utils', '_rebuild_tensor_v2'): Tensor}
        if module == 'torch' and name in CODES:
            return name
        return known[module, name]

    def persistent_load(self, pid):
        what, kind, key, place, count = pid
        assert what == 'storage' and place == 'cpu'
        data = self.archive.read('%sdata/%s' % (self.root, key))
        return kind, key, struct.unpack('<%d%s' % (count, CODES[kind]), data)


def by_hand(path):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    root = archive.namelist()[0].split('/')[0] + '/'
    assert archive.read(root + 'byteorder') == b'little' and archive.read(root + 'version') == b'3\n'
    with open(path, 'rb') as raw:
        for info in archive.infolist():  # readers that map the file want elements at multiples of 64
            raw.seek(info.header_offset + 26)
            name, extra = struct.unpack('<HH', raw.read(4))
            assert (info.header_offset + 30 + name + extra) % 64 == 0 and info.compress_type == zipfile.ZIP_STORED
    text = archive.read(root + 'data.pkl')
    assert list(pickletools.genops(text))[0][0].name == 'PROTO'
    return Unpickler(text, archive, root).load()


def with_torch(path):
    import torch
    return torch, torch.load(path, weights_only=True)


def described(value):
    if isinstance(value, dict):
        return {str(k): described(v) for k, v in value.items()}
    if isinstance(value, Tensor):
        return {'storage': value.kind, 'key': value.key, 'sizes': list(value.sizes), 'values': value.values() if value.sizes else None}
    if hasattr(value, 'untyped_storage'):
        kind = {'torch.float32': 'Float', 'torch.float64': 'Double', 'torch.uint8': 'Byte', 'torch.int8': 'Char', 'torch.int16': 'Short',
                'torch.int32': 'Int', 'torch.int64': 'Long', 'torch.bfloat16': 'BFloat16'}[str(value.dtype)]
        values = value.view(dtype=__import__('torch').int16).int() & 0xffff if kind == 'BFloat16' else value
        return {'storage': kind + 'Storage', 'key': str(value.untyped_storage().data_ptr()), 'sizes': list(value.shape),
                'values': values.tolist()}
    return value


try:
    _, found = with_torch(sys.argv[1])
    reader = 'torch'
except ImportError:
    reader, found = 'pickle', by_hand(sys.argv[1])
print(json.dumps({'reader': reader, 'order': list(found), 'found': described(found)}))
