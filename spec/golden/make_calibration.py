"""Calibrations as SciPy finds them, for spec/calibration_spec.lua:  python spec/golden/make_calibration.py > spec/golden/calibration.json

Scores and targets are sines, so that any version of NumPy makes the same ones.
"""
import json

import numpy as np
from scipy.optimize import minimize

ROWS, CLASSES = 40, 3


def scores_and_targets():
    i, c = np.meshgrid(np.arange(ROWS), np.arange(CLASSES), indexing='ij')
    z = 3 * np.sin(1.7 * i + 2.3 * c) - 0.8 * c
    noise = np.sin(12.9898 * i + 78.233 * c)
    return 1 / (1 + np.exp(-z)), (z / 2 + 1.5 * noise + 0.3 > 0).astype(float)


def best(z, t, offset):
    def loss(p):
        x = p[0] * z + (p[1] if offset else 0)
        return np.sum(np.logaddexp(0, x) - t * x)
    found = minimize(loss, [1.0, 0.0], method='Nelder-Mead', options={'xatol': 1e-10, 'fatol': 1e-13, 'maxiter': 20000})
    return [float(found.x[0]), float(found.x[1]) if offset else 0.0]


def platt(z, t):
    n1, n0 = t.sum(), (1 - t).sum()
    return best(z, np.where(t > 0, (n1 + 1) / (n1 + 2), 1 / (n0 + 2)), True)


def expected_error(s, t, bins=10):
    s, t = s.ravel(), t.ravel()
    k = np.minimum((s * bins).astype(int), bins - 1)
    return float(sum(abs(s[k == b].mean() - t[k == b].mean()) * (k == b).sum() for b in range(bins) if (k == b).any()) / len(s))


s, t = scores_and_targets()
z = np.log(s / (1 - s))
columns = range(CLASSES)
print(json.dumps({
    'scores': s.tolist(), 'targets': t.tolist(),
    'temperature': {'all': best(z.ravel(), t.ravel(), False), 'class': [best(z[:, c], t[:, c], False) for c in columns]},
    'platt': {'all': platt(z.ravel(), t.ravel()), 'class': [platt(z[:, c], t[:, c]) for c in columns]},
    'error': expected_error(s, t), 'log_loss': float(-np.mean(t * np.log(s) + (1 - t) * np.log(1 - s))),
}))
