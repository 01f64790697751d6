"""Optuna and its dashboard on a store of hilo's sweeps, and the other way round.

    python spec/peers/store.py read STORE STUDY EXPECTED.json   Optuna finds every trial as EXPECTED says, samples a next one, tells its value
    python spec/peers/store.py make STORE STUDY                 a study of Optuna's own: finished, pruned, failed and enqueued trials
    python spec/peers/store.py dashboard STORE STUDY            optuna-dashboard serves the store

Exits with 1 and the reason where something is not as it should be.
"""
import json
import math
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from pathlib import Path

import optuna
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")


def read(store, name, expected):
    expected = json.loads(Path(expected).read_text())
    study = optuna.load_study(study_name=name, storage="sqlite:///" + store)
    assert study.direction.name == {"max": "MAXIMIZE", "min": "MINIMIZE"}[expected["direction"]], study.direction
    assert len(study.trials) == len(expected["trials"]), len(study.trials)
    for trial, wanted in zip(study.trials, expected["trials"]):
        assert trial.number == wanted["number"]
        assert trial.state.name == {"complete": "COMPLETE", "failed": "FAIL", "pruned": "PRUNED"}[wanted["state"]], (trial, wanted)
        assert trial.params == wanted["values"], (trial.params, wanted["values"])
        assert trial.value == wanted.get("value"), (trial.value, wanted)
        assert trial.intermediate_values == {point["step"]: point["value"] for point in wanted["curve"]}, (trial, wanted)
        assert trial.datetime_complete >= trial.datetime_start
    best = max if expected["direction"] == "max" else min
    values = [t["value"] for t in expected["trials"] if t["state"] == "complete"]
    assert study.best_value == best(values), study.best_value
    study.sampler = optuna.samplers.TPESampler(seed=1, n_startup_trials=1, multivariate=True)
    distributions = study.trials[0].distributions
    trial = study.ask(distributions)
    assert set(trial.params) == set(distributions) and trial.number == len(expected["trials"])
    study.tell(trial, 12.5)
    print(json.dumps({"number": trial.number, "values": trial.params}))


def make(store, name):
    study = optuna.create_study(study_name=name, storage="sqlite:///" + store, direction="maximize",
                                sampler=optuna.samplers.TPESampler(seed=1))

    def objective(trial):
        lr = trial.suggest_float("lr", 0.01, 0.2, log=True)
        depth = trial.suggest_int("depth", 1, 4)
        kind = trial.suggest_categorical("kind", ["plain", "odd"])
        wide = trial.suggest_categorical("wide", [True, False])
        for step in range(3):
            trial.report(depth + lr * step, step)
        if trial.number == 1:
            raise optuna.TrialPruned()
        if trial.number == 2:
            raise RuntimeError("no")
        return math.inf if trial.number == 3 else depth + (kind == "odd") + wide

    study.optimize(objective, n_trials=6, catch=(RuntimeError,))
    study.enqueue_trial({"lr": 0.125, "kind": "odd"})
    print(json.dumps([{"number": t.number, "state": t.state.name, "values": t.params} for t in study.trials]))


def dashboard(store, name):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen([str(Path(sys.executable).with_name("optuna-dashboard")), "sqlite:///" + store, "--host", "127.0.0.1",
                               "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.read()

        for _ in range(300):
            try:
                get("/dashboard")
                break
            except OSError:
                assert server.poll() is None, "optuna-dashboard ended"
                time.sleep(0.1)
        studies = json.loads(get("/api/studies"))["study_summaries"]
        mine = [s for s in studies if s["study_name"] == name]
        assert len(mine) == 1, studies
        detail = json.loads(get(f"/api/studies/{mine[0]['study_id']}"))
        wanted = optuna.load_study(study_name=name, storage="sqlite:///" + store).trials
        assert [t["state"] for t in detail["trials"]] == [{TrialState.FAIL: "Fail"}.get(t.state, t.state.name.capitalize()) for t in wanted]
        for shown, trial in zip(detail["trials"], wanted):
            if trial.values is None or math.isfinite(trial.value):  # infinite ones come as texts
                assert shown.get("values") == trial.values, (shown, trial)
        print(len(detail["trials"]))
    finally:
        server.terminate()
        server.wait()


{"read": read, "make": make, "dashboard": dashboard}[sys.argv[1]](*sys.argv[2:])
