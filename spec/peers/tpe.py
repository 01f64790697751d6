"""hilo's TPE beside Optuna's and random search, on five functions to be minimised.

    python spec/peers/tpe.py [--quick] [--seeds 20] [--first 0] [--trials 50]

Prints a table as markdown: for each function the median over the seeds of what a search of so many trials found; for the noisy one,
the value without noise of the trial that looked best. Exits with 1 where hilo's median is worse than that of Optuna's multivariate
TPE, which is Optuna 5's default, or no better than random search's. --quick takes 8 seeds, leaves out the TPE of one axis at a time,
Optuna 4's default, and asks less: that the median is not beyond the upper quartile of Optuna's.
"""
import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import optuna


def span(name, low, high, **more):
    return {"name": name, "kind": "float", "low": low, "high": high, "log": False, **more}


def whole(name, low, high, **more):
    return {"name": name, "kind": "int", "low": low, "high": high, "log": False, "step": 1, **more}


def choice(name, *choices):
    return {"name": name, "kind": "choice", "choices": list(choices)}


def branin(v):
    x, y = v["x"], v["y"]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


HEIGHTS = (1.0, 1.2, 3.0, 3.2)
WIDTHS = ((10, 3, 17, 3.5, 1.7, 8), (0.05, 10, 17, 0.1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, 0.05, 10, 0.1, 14))
CENTRES = ((0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886), (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
           (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650), (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381))


def hartmann(v):
    x = [v[f"x{i}"] for i in range(1, 7)]
    return -sum(h * math.exp(-sum(a * (b - c) ** 2 for a, b, c in zip(w, x, p))) for h, w, p in zip(HEIGHTS, WIDTHS, CENTRES))


def rosenbrock(v):
    """A bent valley, by its logarithm: it varies from 0 to 8."""
    x = [v[f"x{i}"] for i in range(1, 4)]
    return math.log1p(sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:])))


def mixed(v):
    """Like the error of a network: each optimiser has its own best learning rate, deeper networks want a smaller one."""
    base, best_rate = {"sgd": (0.05, -1.0), "adam": (0.0, -3.0), "rmsprop": (0.1, -3.3)}[v["optimiser"]]
    off = math.log10(v["rate"]) - best_rate + 0.1 * (v["depth"] - 4)
    return (base + 0.15 * off**2 + 0.015 * (v["depth"] - 6) ** 2 + (v["dropout"] - 0.2) ** 2
            + (0.0 if v["normalise"] else 0.08) + (0.03 * v["depth"] if v["activation"] == "tanh" else 0.0))


def logarithmic(v):
    """Optima far below the middle of axes over decades, two of them bound to each other, and a wall where steps are too long."""
    rate, decay, eps, batch = (math.log10(v["rate"]), math.log10(v["decay"]), math.log10(v["eps"]), math.log2(v["batch"]))
    off = rate - 0.15 * batch + 3.5
    return 0.4 * off**2 + 0.2 * (rate + decay + 7) ** 2 + 0.01 * (eps + 8) ** 2 + 0.02 * (batch - 4) ** 2 + 3 * max(0.0, off - 1.2)


# what is minimised, over which axes, and the standard deviation of the noise that a search sees
FUNCTIONS = {
    "Branin": (branin, [span("x", -5, 10), span("y", 0, 15)], 0),
    "Hartmann 6": (hartmann, [span(f"x{i}", 0, 1) for i in range(1, 7)], 0),
    "mixed": (mixed, [
        choice("optimiser", "sgd", "adam", "rmsprop"), span("rate", 1e-5, 1, log=True), whole("depth", 1, 10),
        span("dropout", 0, 0.8, step=0.1), choice("normalise", True, False), choice("activation", "relu", "gelu", "tanh")], 0),
    "log axes": (logarithmic, [
        span("rate", 1e-6, 1, log=True), span("decay", 1e-7, 1e-1, log=True), span("eps", 1e-10, 1e-2, log=True),
        whole("batch", 1, 512, log=True)], 0),
    "noisy": (rosenbrock, [span(f"x{i}", -2, 2) for i in range(1, 4)], 0.3),
}


class Hilo:
    """hilo's samplers in one LuaJIT process."""

    def __init__(self):
        self.process = subprocess.Popen(["luajit", "spec/peers/tpe.lua"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        cwd=Path(__file__).resolve().parents[2])

    def search(self, sampler, axes, objective, trials, seed):
        done = []
        for number in range(trials):
            options = {"number": number, "seed": seed, "direction": "min"}
            question = {"sampler": sampler, "axes": axes, "trials": done, "options": options}
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            values = json.loads(self.process.stdout.readline())
            done.append({"number": number, "state": "complete", "values": values, "value": objective(number, values)})


def optuna_search(axes, objective, trials, seed, **options):
    def suggest(trial, axis):
        if axis["kind"] == "choice":
            return trial.suggest_categorical(axis["name"], axis["choices"])
        if axis["kind"] == "int":
            return trial.suggest_int(axis["name"], axis["low"], axis["high"], log=axis["log"])
        return trial.suggest_float(axis["name"], axis["low"], axis["high"], log=axis["log"], step=axis.get("step"))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **options))
    study.optimize(lambda trial: objective(trial.number, {axis["name"]: suggest(trial, axis) for axis in axes}), n_trials=trials)


def found(function, noise, seed, search):
    """The value without noise of the trial that looked best."""
    best = [math.inf, math.nan]

    def objective(number, values):
        exact = function(values)
        seen = exact + random.Random(f"{seed} {number}").gauss(0, noise)
        if seen < best[0]:
            best[:] = seen, exact
        return seen

    search(objective)
    return best[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trials", type=int, default=50)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + (asked.seeds or (8 if asked.quick else 20)))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)

    hilo, trials, began = Hilo(), asked.trials, time.time()
    columns = {
        "hilo tpe": lambda axes, f, s: hilo.search("tpe", axes, f, trials, s),
        "Optuna TPE, multivariate": lambda axes, f, s: optuna_search(axes, f, trials, s, multivariate=True, constant_liar=True),
        "Optuna TPE, by axis": lambda axes, f, s: optuna_search(axes, f, trials, s, multivariate=False),
        "random": lambda axes, f, s: hilo.search("random", axes, f, trials, s),
    }
    if asked.quick:
        del columns["Optuna TPE, by axis"]

    print(f"| median of {len(seeds)} seeds, {trials} trials | " + " | ".join(columns) + " |")
    print("|---|" + "--:|" * len(columns), flush=True)
    failed = []
    for name, (function, axes, noise) in FUNCTIONS.items():
        results = {column: [found(function, noise, seed, lambda f: search(axes, f, seed)) for seed in seeds]
                   for column, search in columns.items()}
        medians = {column: statistics.median(values) for column, values in results.items()}
        print(f"| {name} | " + " | ".join(f"{medians[column]:.4f}" for column in columns) + " |", flush=True)
        peer = results["Optuna TPE, multivariate"]
        limit = statistics.quantiles(peer, n=4)[2] if asked.quick else statistics.median(peer)
        if medians["hilo tpe"] > limit:
            failed.append(f"{name}: {medians['hilo tpe']:.4f} is worse than Optuna's {limit:.4f}")
        if medians["hilo tpe"] >= medians["random"]:
            failed.append(f"{name}: no better than random search")
    print(f"\nOptuna {optuna.__version__}, {time.time() - began:.0f} s", *failed, sep="\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
