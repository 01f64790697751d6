"""Scores of networks on validation pictures, and what a classifier's scores make of label maps."""
import numpy as np
import torch
import torch.nn.functional as F

from pytorch.pictures import VOID, nearest, resized, whole


class Confusion:
    """Pixels by class and by what they were taken for."""

    def __init__(self, classes):
        self.classes, self.matrix = classes, torch.zeros(len(classes), len(classes), dtype=torch.int64)

    def add(self, truth, found):
        n, valid = len(self.classes), truth != VOID
        self.matrix += torch.bincount(truth[valid].long() * n + found[valid], minlength=n * n).view(n, n)

    def scores(self):
        """Percent; the mean is over classes that occur in truth or prediction."""
        right, union = self.matrix.diag().double(), (self.matrix.sum(0) + self.matrix.sum(1) - self.matrix.diag()).double()
        iou = {c: 100 * (r / u).item() for c, r, u in zip(self.classes, right, union) if u > 0}
        return {'mean_iou': sum(iou.values()) / len(iou), 'pixel_accuracy': 100 * (right.sum() / self.matrix.sum()).item(), 'iou': iou}


def logits_and_truth(net, pictures, names, o):
    """For each picture its name, logits (1,C,H,W) and labels (H,W), at the size of its label file or of what the network sees."""
    net.eval()
    for name in names:
        x, truth = whole(pictures, name, o['data']['size'], o['model']['output_stride']), pictures.labels(name)
        if o['eval']['labels'] == 'input':
            truth = nearest(truth, *x.shape[2:])
        with torch.inference_mode():
            yield name, F.interpolate(net.logits(x), truth.shape, mode='bilinear', align_corners=True), truth


def class_scores(net, pictures, names, o):
    """By name the probability of each class: the mean over sizes, and over the picture and its mirror image."""
    net.eval()
    scores, (low, high) = {}, (o['resize'][0], o['resize'][-1])
    sizes = [(int(s * low + 0.5), int(s * high + 0.5)) for s in o['eval']['scales']]
    for name in names:
        views = []
        for size in sizes:
            x = pictures.normalise(resized(pictures.image(name), *size)).unsqueeze(0)
            views += [x, x.flip(3)] if o['eval']['mirror'] else [x]
        with torch.inference_mode():
            scores[name] = torch.stack([torch.sigmoid(net(x))[0] for x in views]).mean(0).tolist()
    return scores


def present(labels, classes):
    """(C): 1 where the class has a pixel in the label map."""
    counts = torch.bincount(labels[labels != VOID].flatten().long(), minlength=classes)
    return (counts > 0).float()


def average_precision(scores, truth):
    """The mean over the positives of the precision among all that score at least as high."""
    precisions = [truth[scores >= s].mean() for s in scores[truth]]
    return float(np.mean(precisions))


def mean_average_precision(scores, pictures, names, classes):
    """Percent, over the classes that occur."""
    rows = np.array([scores[name] for name in names])
    truth = np.stack([present(pictures.labels(name), len(classes)).bool().numpy() for name in names])
    return 100 * float(np.mean([average_precision(rows[:, c], truth[:, c]) for c in range(len(classes)) if truth[:, c].any()]))


# ---- fusion ----

def threshold(tau):
    """Classes that score less than tau are switched off."""
    return f'threshold {tau:g}', lambda scores, prior: (scores >= tau).float()


def soft(exponent):
    """Classes weigh (score / mean score)^exponent."""
    return f'soft {exponent:g}', lambda scores, prior: (scores.clamp(min=1e-6) / prior.clamp(min=1e-6)) ** exponent


def segmentation(net, pictures, names, o, classes, classifier=None, ways=()):
    """-> the scores of the network, and by name of each way those of its probabilities weighed by what the classifier says."""
    alone, fused = Confusion(classes), {way: Confusion(classes) for way, _ in ways}
    rows = {name: torch.tensor(row) for name, row in (classifier or {}).items()}
    prior = torch.stack(list(rows.values())).mean(0) if rows else None
    background = classes[0].lower() == 'background'
    missing = [name for name in names if rows and name not in rows]
    if missing:
        raise SystemExit(f'the MLMT run has no scores of {missing[0]}: its validation pictures are others')
    for name, logits, truth in logits_and_truth(net, pictures, names, o):
        alone.add(truth, logits[0].argmax(0))
        for way, weigh in ways:
            weights = weigh(rows[name], prior)
            if background:
                weights[0] = 1
            if not weights.any():
                weights[:] = 1
            fused[way].add(truth, (F.softmax(logits[0], 0) * weights.view(-1, 1, 1)).argmax(0))
    return alone.scores(), {way: counts.scores() for way, counts in fused.items()}
