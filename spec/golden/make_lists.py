"""Writes lists.json, which spec/data_lists_spec.lua reads: pickles of lists by Python and NumPy in all protocols, as hexadecimal digits.
Run with a Python that has NumPy; the file is committed.
"""
import json
import os
import pickle

import numpy as np

numbers, names = [2, 0, 300, -1], ['img_02', 'img_01', 'b\u00fcro\\7']
kinds = {
    'numbers/list': numbers, 'numbers/numpy numbers': [np.int64(n) for n in numbers],
    'numbers/int64': np.array(numbers, np.int64), 'numbers/int32': np.array(numbers, np.int32),
    'numbers/int16': np.array(numbers, np.int16),
    'names/list': names, 'names/array': np.array(names), 'names/objects': np.array(names, object),
    'range/range': range(3), 'range/uint8': np.arange(3, dtype=np.uint8),
    'refused/floats': np.array([0.5, 1]), 'refused/high bytes first': np.array(numbers, '>i8'),
}
pickles = {f'{kind}/{protocol}': pickle.dumps(value, protocol).hex() for kind, value in kinds.items() for protocol in range(6)}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lists.json')
with open(path, 'w') as out:
    json.dump(pickles, out, indent=0, sort_keys=True)
    out.write('\n')
