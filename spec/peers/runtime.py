"""What onnxruntime makes of files of ONNX, beside what hilo made of the same inputs.
Usage: runtime.py FILE.onnx CASES.safetensors [FILE.onnx CASES.safetensors ...]

CASES holds tensors called <case>/<input or output>, and of label maps <case>/values, whose largest makes them. Prints JSON, a list: for each
output the largest difference; of label maps the pixels that differ though the two largest values differ by more than 1e-4. Where the
package onnx is installed its checker looks at the files too."""
import json
import struct
import sys
import numpy as np
import onnxruntime

TYPES = {'F32': 'f4', 'U8': 'u1', 'I64': 'i8', 'I32': 'i4', 'F64': 'f8'}


def tensors(path):
    with open(path, 'rb') as source:
        header = json.loads(source.read(struct.unpack('<Q', source.read(8))[0]))
        data = source.read()
    return {name: np.frombuffer(data[t['data_offsets'][0]:t['data_offsets'][1]], TYPES[t['dtype']]).reshape(t['shape'])
            for name, t in header.items() if name != '__metadata__'}


def is_valid(path):
    try:
        import onnx
    except ImportError:
        return False
    onnx.checker.check_model(path, full_check=True)
    return True


def difference(y, expected, values):
    assert y.shape == expected.shape and y.dtype == expected.dtype, (y.shape, expected.shape, y.dtype, expected.dtype)
    if y.dtype != np.uint8:
        return float(np.abs(y - expected).max())
    largest = np.sort(values, 1)
    return int(((y != expected) & (largest[:, -1] - largest[:, -2] > 1e-4)).sum())


def compared(path, cases_path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    cases, found = {}, {}
    for name, t in tensors(cases_path).items():
        case, key = name.split('/')
        cases.setdefault(case, {})[key] = t
    names = [o.name for o in session.get_outputs()]
    for case, given in cases.items():
        results = session.run(names, {i.name: given[i.name] for i in session.get_inputs()})
        found[case] = {name: difference(y, given[name], given.get('values')) for name, y in zip(names, results)}
    meta = session.get_modelmeta()
    return {'cases': found, 'metadata': meta.custom_metadata_map, 'producer': meta.producer_name, 'checked': is_valid(path),
            'inputs': {i.name: [str(n) for n in i.shape] for i in session.get_inputs()}}


words = sys.argv[1:]
print(json.dumps([compared(*words[i:i + 2]) for i in range(0, len(words), 2)]))
