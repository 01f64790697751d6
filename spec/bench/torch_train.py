"""Trains what a finished run of hilo trained again, in plain PyTorch: the same method, options, pictures and first weights, random
numbers of its own. Then it measures as hilo does, and fuses.

    python spec/bench/torch_train.py runs/<name> [--seed 2] [--threads 2] [--steps N]
    python spec/bench/torch_train.py runs/<s4gan> --mlmt runs/<mlmt> --tau 0.2 --exponent 1 2

runs/<name>: of supervised.lua, s4gan.lua or mlmt.lua, in PASCAL VOC's layout, with a ResNet and DeepLab-v2's head. Scores go to
runs/<name>/pytorch-<seed>.json, what it has learnt to pytorch-<seed>.pth, from which --trained measures again. The scores of an
MLMT run by PyTorch, of the same seed, are read from its own such file, which is made where it is missing.
--evaluate-only measures hilo's weights, last.safetensors, in PyTorch: that gives hilo's own mean IoU.
"""
import argparse
import json
import os
import sys
import time

sys.dont_write_bytecode = True
os.environ.setdefault('OMP_WAIT_POLICY', 'passive')  # threads that wait leave the processors to others

import torch  # noqa: E402

from pytorch import evaluate, methods, models  # noqa: E402
from pytorch.pictures import Pictures  # noqa: E402

METHODS = {'supervised.lua': methods.supervised, 's4gan.lua': methods.s4gan, 'mlmt.lua': methods.mlmt}

# options that the trainings above follow, and those that change no result of theirs
FOLLOWED = {'supervised.lua': 'model crop scale mirror batch steps optimiser lr head_lr momentum weight_decay power warmup eval data'.split()}
FOLLOWED['s4gan.lua'] = FOLLOWED['supervised.lua'] + """unlabelled_batch d_lr d_betas d_dropout d_channels d_smooth lambda_fm
    lambda_st gamma st_start void_columns gate_dropout""".split()
FOLLOWED['mlmt.lua'] = """model resize scale batch unlabelled_batch steps tagged_batch tag_weight lr final_lr momentum weight_decay
    head_lr positive_power distance weight ema jitter blur eval scored data""".split()
WITHOUT_EFFECT = """name runs resume overwrite seed device graph threads workers cache_mb log_every eval_every checkpoint_every tracking
    pictures strict diagnostics histograms recipe preset precision on_nan memory_limit""".split()


def read(path):
    with open(path) as file:
        return json.load(file)


class Run:
    """A finished run of hilo: its options and what it read."""

    def __init__(self, path, seed, steps, trains):
        self.path, self.seed = path.rstrip('/'), seed
        if not os.path.isfile(self.file('split.json')):
            raise SystemExit(f'{path} is no run that hilo finished: there is no {self.file("split.json")}')
        self.options, self.split, self.about = (read(self.file(f + '.json')) for f in ('options', 'split', 'classes'))
        self.script = os.path.basename(read(self.file('defaults.json'))['script'])
        self.steps_of_run = self.options.get('steps')
        if steps:
            self.options['steps'] = steps
        self.check(trains)
        self.classes = self.about['classes']
        self.pictures = Pictures(self.options['data']['root'], self.about['normalise'])
        self.tags = read(self.file('tags.json')) if self.options['data'].get('tags') else None
        self.is_classifier = self.script == 'mlmt.lua'
        self.result = self.file(f'pytorch-{seed}.json')

    def file(self, name):
        return os.path.join(self.path, name)

    def check(self, trains):
        o = self.options
        if self.script not in METHODS:
            raise SystemExit(f'{self.path} is a run of {self.script}; only {", ".join(METHODS)} can be trained here')
        known = set(FOLLOWED[self.script] + WITHOUT_EFFECT)
        other = [f'{key}={value}' for key, value in o.items() if trains and key not in known and value not in (0, False, '')]
        for group, key, values in (('data', 'map', ['']), ('data', 'colours', ['']), ('data', 'suffix', ['']),
                                   ('data', 'layout', ['auto', 'voc']), ('model', 'head', ['deeplab2'])):
            if o[group].get(key, values[0]) not in values:
                other.append(f'{group}.{key}={o[group][key]}')
        if other:
            raise SystemExit(f'{self.path} was trained with what is not followed here: {", ".join(other)}')


def train(run):
    """-> the networks by name, and the last losses."""
    torch.manual_seed(run.seed)
    nets, step = METHODS[run.script](run)
    began, sums, steps = time.time(), {}, run.options['steps']
    every = max(1, min(50, steps // 10))
    for t in range(1, steps + 1):
        for name, loss in step(t).items():
            sums[name] = sums.get(name, 0) + loss.item()
        if t % every == 0 or t == steps:
            means = {name: value / ((t - 1) % every + 1) for name, value in sums.items()}
            spent = time.time() - began
            print(f'step {t}/{steps}', *(f'{name} {value:.4f}' for name, value in means.items()),
                  f'  {spent / t:.2f} s a step, {spent / t * (steps - t) / 60:.0f} min left', flush=True)
            sums = {}
    return nets, {'losses': means, 'training_seconds': time.time() - began}


def networks(run, args):
    """Trained networks, and what is to be told of them."""
    if not (args.evaluate_only or args.trained):
        nets, told = train(run)
        torch.save({name: net.state_dict() for name, net in nets.items()}, run.file(f'pytorch-{run.seed}.pth'))
        return nets, told
    run.options['model']['weights'] = ''
    names = ['student', 'teacher'] if run.is_classifier else ['S']
    make = models.classifier if run.is_classifier else models.segmentation
    path = run.file('last.safetensors' if args.evaluate_only else f'pytorch-{run.seed}.pth')
    if not os.path.isfile(path):
        raise SystemExit(f'there is no {path}: {run.path} was not trained' + ('' if args.evaluate_only else ' here with this seed'))
    tensors = models.read_safetensors(path) if args.evaluate_only else torch.load(path)
    of = {name: models.below(tensors, f'nets/{name}/') if args.evaluate_only else tensors[name] for name in names}
    return {name: models.load(make(run.options, len(run.classes)), of[name]) for name in names}, {'weights': path}


def save(run, args, result):
    """Beside the run, unless it is hilo's weights that were measured."""
    result.update(script=run.script, seed=run.seed, steps=run.options['steps'], torch=torch.__version__)
    if args.trained and os.path.isfile(run.result):
        result = {**read(run.result), **result}
    if not args.evaluate_only:
        with open(run.result, 'w') as file:
            json.dump(result, file, indent=1)
            file.write('\n')
    return result


def hilo_of(run, key):
    """What hilo's own scores.json says, where the steps are the same."""
    path = run.file('scores.json')
    return read(path).get(key) if os.path.isfile(path) and run.options['steps'] == run.steps_of_run else None


def say(what, value, hilo=None):
    print(f'{what:32} {value:.2f}' + (f'   hilo {hilo:.2f}' if hilo is not None else ''), flush=True)


def classify(run, args):
    """Scores of student and teacher by picture."""
    names = list(run.split['val'])
    if run.options['scored'] == 'all':
        names += run.split['unlabelled'] + (run.tags['names'] if run.tags else [])
    nets, result = networks(run, args)
    for who in 'student', 'teacher':
        scores = evaluate.class_scores(nets[who], run.pictures, dict.fromkeys(names), run.options)
        mean = evaluate.mean_average_precision(scores, run.pictures, run.split['val'], run.classes)
        result.update({who: scores, who + '_mean_average_precision': mean})
        say(f'mean average precision, {who}', mean, (hilo_of(run, who) or {}).get('mean_average_precision'))
    return save(run, args, result)


def open_run(path, args):
    return Run(path, args.seed, args.steps, trains=not (args.evaluate_only or args.trained))


def classifier_of(path, args):
    """The scores of an MLMT run by PyTorch, and by hilo's weights with --evaluate-only."""
    run = open_run(path, args)
    if not run.is_classifier:
        raise SystemExit(f'--mlmt: {path} is a run of {run.script}')
    if not args.evaluate_only and os.path.isfile(run.result):
        result = read(run.result)
        if result['steps'] == run.options['steps']:
            return result[args.scores]
    return classify(run, args)[args.scores]


def segment(run, args):
    ways = [evaluate.threshold(tau) for tau in args.tau] + [evaluate.soft(exponent) for exponent in args.exponent]
    classifier = classifier_of(args.mlmt, args) if args.mlmt else None
    nets, result = networks(run, args)
    alone, fused = evaluate.segmentation(nets['S'], run.pictures, run.split['val'], run.options, run.classes, classifier,
                                         ways if classifier else [])
    result.update(alone, fusion=fused, mlmt=args.mlmt)
    say('mean IoU', alone['mean_iou'], hilo_of(run, 'mean_iou'))
    for way, scores in fused.items():
        say(f'  + MLMT, {way}', scores['mean_iou'])
    save(run, args, result)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('run', help='folder of a finished run')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--steps', type=int, help='in the place of those of the run')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--mlmt', help='folder of a finished MLMT run: fuse with what PyTorch makes of it')
    parser.add_argument('--scores', choices=['teacher', 'student'], default='teacher')
    parser.add_argument('--tau', type=float, nargs='*', default=[0.2], help='of fusion by threshold')
    parser.add_argument('--exponent', type=float, nargs='*', default=[1], help='of soft fusion')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--evaluate-only', action='store_true', help="measure hilo's own weights")
    what.add_argument('--trained', action='store_true', help='measure what was trained here before')
    return parser.parse_args()


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    run = open_run(args.run, args)
    (classify if run.is_classifier else segment)(run, args)


if __name__ == '__main__':
    main()
