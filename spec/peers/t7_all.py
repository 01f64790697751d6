"""What torchfile (PyPI) finds in a .t7 of modules and tensors that hilo wrote, as JSON. Usage: t7_all.py FILE"""
import json
import math
import sys
import numpy as np
import torchfile


def find(x, above=()):
    """Classes, and the elements of tensors; what a value stands in itself is 'above'."""
    if id(x) in above:
        return 'above'
    above = above + (id(x),)
    if isinstance(x, np.ndarray):
        return [str(x.dtype), list(x.shape), [float(v) for v in x.astype(float).ravel()]]
    if isinstance(x, torchfile.TorchObject):
        return {'class': x.torch_typename().decode(), 'fields': find(x._obj, above)}
    if isinstance(x, (dict, torchfile.hashable_uniq_dict)):
        return {k.decode() if isinstance(k, bytes) else str(k): find(v, above) for k, v in x.items()}
    if isinstance(x, list):
        return {str(i + 1): find(v, above) for i, v in enumerate(x)}
    if isinstance(x, bytes):
        return x.decode()
    return x if x is None or isinstance(x, (bool, int, float)) and math.isfinite(x) else str(x)


print(json.dumps([find(x) for x in torchfile.load(sys.argv[1])]))
