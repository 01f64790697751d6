"""hilo's importance of axes beside Optuna's: PED-ANOVA both, over the same trials.

    python spec/peers/importance.py [--seeds 10]

Prints a table as markdown: for each function, number of trials and way of searching, how far apart the shares of an axis lie, the
mean over axes and seeds and the largest; and how often both name the same axis first. Optuna is asked for as many best trials as hilo
takes: a tenth, but 5 where there are 10. Exits with 1 where the shares of an axis lie more than 0.03 apart.
"""
import argparse
import json
import random
import statistics
import subprocess
import sys
import warnings
from pathlib import Path

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator

from tpe import FUNCTIONS, Hilo


def distribution(axis):
    if axis["kind"] == "choice":
        return CategoricalDistribution(axis["choices"])
    if axis["kind"] == "int":
        return IntDistribution(axis["low"], axis["high"], log=axis["log"], step=axis["step"])
    return FloatDistribution(axis["low"], axis["high"], log=axis["log"], step=axis.get("step"))


def peer(axes, trials):
    study = optuna.create_study()
    distributions = {axis["name"]: distribution(axis) for axis in axes}
    for trial in trials:
        study.add_trial(optuna.create_trial(params=trial["values"], distributions=distributions, value=trial["value"]))
    n = len(trials)
    best = max(-(-n // 10), min(5, n // 2))
    found = PedAnovaImportanceEvaluator(target_quantile=best / n).evaluate(study)
    total = sum(found.values())
    return {name: share / total for name, share in found.items()}


class Importance:
    """hilo's shares, from one LuaJIT process."""

    def __init__(self):
        self.process = subprocess.Popen(["luajit", "spec/peers/importance.lua"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, cwd=Path(__file__).resolve().parents[2])

    def of(self, axes, trials):
        question = {"axes": axes, "trials": trials, "options": {"direction": "min"}}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def trials_of(hilo, sampler, axes, function, noise, n, seed):
    trials = []

    def objective(number, values):
        value = function(values) + random.Random(f"{seed} {number}").gauss(0, noise)
        trials.append({"number": number, "state": "complete", "values": values, "value": value})
        return value

    hilo.search(sampler, axes, objective, n, seed)
    return trials


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore")
    hilo, importance, failed = Hilo(), Importance(), []
    print("| function | trials | mean difference | largest | the same axis first |\n|---|---|--:|--:|--:|", flush=True)
    for name, (function, axes, noise) in FUNCTIONS.items():
        for sampler, n in (("random", 20), ("random", 200), ("tpe", 100)):
            apart, same = [], 0
            for seed in range(asked.seeds):
                trials = trials_of(hilo, sampler, axes, function, noise, n, seed)
                ours, theirs = importance.of(axes, trials), peer(axes, trials)
                apart += [abs(ours[axis["name"]] - theirs[axis["name"]]) for axis in axes]
                same += max(ours, key=ours.get) == max(theirs, key=theirs.get)
            print(f"| {name} | {n} {sampler} | {statistics.mean(apart):.4f} | {max(apart):.4f} | {same} of {asked.seeds} |", flush=True)
            if max(apart) > 0.03:
                failed.append(f"{name}, {n} {sampler}: the shares of an axis lie {max(apart):.3f} apart")
    print(f"\nOptuna {optuna.__version__}", *failed, sep="\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
