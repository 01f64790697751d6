"""What torchfile (PyPI) finds in a .t7 that hilo wrote, as JSON. Usage: t7.py FILE"""
import json
import sys
import torchfile

whole = torchfile.load(sys.argv[1])
net, state = whole[b'net'], whole[b'state']


def kinds(module):
    name = module.torch_typename().decode()
    return [name] + [kinds(m) for m in module.modules] if module.modules is not None else name


print(json.dumps({
    'kinds': kinds(net),
    'weights': [m.weight.astype(float).ravel().tolist() for m in net.modules if m.weight is not None],
    'view': [int(n) for n in [m for m in net.modules if m.torch_typename() == b'nn.View'][0].size],
    'same': whole[b'again'] is net,
    'itself': state[b'itself'] is state,
    'rate': state[b'rate'],
    'list': state[b'list'],
    'types': {key.decode(): [str(t.dtype), t.astype(float).tolist()] for key, t in state[b'types'].items()},
    'transposed': state[b'transposed'].tolist(),
}))
