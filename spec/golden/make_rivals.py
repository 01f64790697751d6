"""Writes rivals.safetensors: the losses of AdvSemiSeg, mean teacher, CutMix-Seg, CPS and UniMatch with their gradients, and whole
training steps of each, in float64, written from the papers. Only needed to make them anew:  python spec/golden/make_rivals.py

Inputs and weights are computed by formula.py on both sides; of gradients two numbers each are kept, see make_networks.py.
"""
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.dont_write_bytecode = True
from formula import fill, formula, labels_by_formula  # noqa: E402
from make_networks import Record, gradients, segmentation, state  # noqa: E402
from networks import ResNet, one_hot  # noqa: E402

torch.set_num_threads(2)
C = 5
VOID = 255


class PixelDiscriminator(nn.Module):
    """Hung et al., section 3.2: five convolutions, upsampled to the map's size."""

    def __init__(self, channels):
        super().__init__()
        widths = [C] + [channels << i for i in range(4)]
        for i in range(4):
            setattr(self, 'conv%d' % (i + 1), nn.Conv2d(widths[i], widths[i + 1], 4, 2, 1))
        self.classifier = nn.Conv2d(widths[4], 1, 4, 2, 1)

    def forward(self, x):
        y = x
        for i in range(4):
            y = F.leaky_relu(getattr(self, 'conv%d' % (i + 1))(y), 0.2)
        return F.interpolate(self.classifier(y), x.shape[2:], mode='bilinear', align_corners=True)[:, 0]


# ---- losses, from the equations ----

def clear_of(values, threshold):
    """No value may be so near the threshold that rounding decides."""
    assert (values - threshold).abs().min() > 1e-8


def pixel_bce(scores, target, valid):
    p = torch.sigmoid(scores[valid])
    return -(torch.log(p) if target else torch.log(1 - p)).mean()


def sure_labels(logits, threshold, inside, confidence=None):
    p, label = F.softmax(logits.detach(), 1).max(1)
    values = p if confidence is None else confidence
    clear_of(values, threshold)
    return torch.where((values >= threshold) & inside, label, torch.full_like(label, VOID))


def cross_entropy_over_all(logits, labels, inside):
    """UniMatch, equation 2: the sum over the sure pixels, divided by the number of all."""
    each = F.cross_entropy(logits, labels.clamp(max=C - 1), reduction='none')
    return each[labels != VOID].sum() / inside.sum()


def hard_cross_entropy(logits, labels, threshold, least):
    """CPS and UniMatch on Cityscapes: the mean over the pixels of at most this probability, or over the `least` hardest of the batch."""
    valid, ids = labels != VOID, labels.clamp(max=C - 1)
    p = F.softmax(logits.detach(), 1).gather(1, ids.unsqueeze(1))[:, 0]
    ordered = p[valid].sort().values
    clear_of(ordered, threshold)
    limit = max(threshold, ordered[min(least, len(ordered)) - 1].item()) if least else threshold
    hard = valid & (p <= limit)
    return F.cross_entropy(logits, ids, reduction='none')[hard].mean(), hard.sum().double()


def squared_distance(student, teacher, inside):
    """French et al., section 3.3: summed over the classes, averaged over the pixels."""
    d = (F.softmax(student, 1) - F.softmax(teacher.detach(), 1)) ** 2
    return d.sum(1)[inside].mean()


def cross_pseudo(first, second, inside, said_first=None, said_second=None):
    y_1 = sure_labels(first if said_first is None else said_first, 0, inside)
    y_2 = sure_labels(second if said_second is None else said_second, 0, inside)
    return F.cross_entropy(first, y_2, ignore_index=VOID) + F.cross_entropy(second, y_1, ignore_index=VOID)


def mix(mask, a, b):
    m = mask.unsqueeze(1) if a.dim() == 4 else mask
    return torch.where(m, b, a)


def losses(r):
    def check(key, value, **inputs):
        value.backward()
        r.keep(key, value)
        r.digest(key + '/gradients', [(name, x.grad) for name, x in inputs.items()])

    def leaf(name, *shape):
        return formula(name, shape, 6).requires_grad_()

    inside = inside_of(2, 16, 24)
    valid = labels_by_formula('valid', (2, 16, 24), C) != VOID
    for target in 0, 1:
        scores = leaf('scores', 2, 16, 24)
        check('pixel_bce %d' % target, pixel_bce(scores, target, valid), scores=scores)
    logits = leaf('logits', 2, C, 16, 24)
    r.keep('pseudo_labels', sure_labels(logits, 0.5, inside))
    confidence = formula('confidence', (2, 16, 24), 1, 0.5)
    r.keep('pseudo_labels by another', sure_labels(logits, 0.2, inside, confidence))
    labels = sure_labels(formula('said', (2, C, 16, 24), 6), 0.5, inside)
    r.keep('share', (labels != VOID).sum() / inside.sum())
    small = leaf('small', 2, C, 4, 6)
    large = F.interpolate(small, (16, 24), mode='bilinear', align_corners=True)
    check('cross entropy over all', cross_entropy_over_all(large, labels, inside), small=small)
    y = labels_by_formula('y', (2, 16, 24), C)
    for threshold, least in (0.7, 0), (0.2, 0), (0.2, 400), (0.2, 600), (0.2, 2000):
        small = leaf('small', 2, C, 4, 6)
        large = F.interpolate(small, (16, 24), mode='bilinear', align_corners=True)
        loss, count = hard_cross_entropy(large, y, threshold, least)
        r.keep('ohem %g %d/pixels' % (threshold, least), count)
        check('ohem %g %d' % (threshold, least), loss, small=small)
        print('  ohem', threshold, least, count.item(), 'of', (y != VOID).sum().item())
    check('map_consistency', squared_distance(logits, formula('teacher', (2, C, 16, 24), 6), inside), logits=logits)
    first, second = leaf('first', 2, C, 16, 24), leaf('second', 2, C, 16, 24)
    check('cross_pseudo', cross_pseudo(first, second, inside), first=first, second=second)
    first, second = leaf('first', 2, C, 16, 24), leaf('second', 2, C, 16, 24)
    said = [formula(name, (2, C, 16, 24), 6) for name in ('said by first', 'said by second')]
    check('cross_pseudo of others', cross_pseudo(first, second, inside, *said), first=first, second=second)


# ---- whole steps ----

H = W = 64


def inside_of(n, h=H, w=W):
    inside = torch.ones(n, h, w, dtype=torch.bool)
    inside[1, h * 5 // 8:] = False
    inside[n - 1, :, :w * 3 // 8] = False
    return inside


def boxes_of(t, n, number=1):
    mask = torch.zeros(n, H, W, dtype=torch.bool)
    for i in range(n):
        top, left = 5 * number + 3 * i + t, 8 * i + 2 * number
        mask[i, top:top + 30, left:left + 25] = True
    return mask


def network(prefix='S.'):
    S = segmentation(ResNet('resnet18', 8, width=16), C).train()
    return fill(S, prefix)


def sgd(S):
    head = [p for n, p in S.named_parameters() if n.startswith('head.')]
    rest = [p for n, p in S.named_parameters() if not n.startswith('head.') and p.requires_grad]
    return torch.optim.SGD([{'params': rest, 'lr': 2.5e-3}, {'params': head, 'lr': 2.5e-2}], momentum=0.9, weight_decay=5e-4)


def pictures(name, t, n):
    return formula('%s%d' % (name, t), (n, 3, H, W), 3)


def labelled(t):
    return pictures('x_l', t, 2), labels_by_formula('y_l%d' % t, (2, H, W), C)


def remember(net):
    return dict((n, v.clone()) for n, v in state(net))


def moved(net, before):
    return [(n, v - before[n]) for n, v in state(net)]


def middle(values):
    """A threshold that about half of the values reach, clear of rounding."""
    threshold = round(values.median().item(), 6)
    clear_of(values, threshold)
    return threshold


def confidence_of(logits):
    return F.softmax(logits.detach(), 1).max(1).values


def report(name, t, values):
    print('  %s %d' % (name, t), [round(float(v), 6) for v in values])


def advsemiseg(r):
    S, D = network(), fill(PixelDiscriminator(16).double(), 'D.').train()
    opt_S, opt_D = sgd(S), torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.9, 0.99))
    before_S, before_D = remember(S), remember(D)
    for t in 1, 2:
        x_l, y_l = labelled(t)
        x_u, inside, valid = pictures('x_u', t, 3), inside_of(3), y_l != VOID
        logits_l, logits_u = S(x_l), S(x_u)
        judged_l, judged_u = D(F.softmax(logits_l, 1)), D(F.softmax(logits_u, 1))
        confidence = torch.sigmoid(judged_u.detach())
        threshold = middle(confidence[inside])
        L_ce = F.cross_entropy(logits_l, y_l, ignore_index=VOID)
        L_adv, L_adv_u = pixel_bce(judged_l, 1, valid), pixel_bce(judged_u, 1, inside)
        L_semi = F.cross_entropy(logits_u, sure_labels(logits_u, threshold, inside, confidence), ignore_index=VOID)
        opt_S.zero_grad()
        (L_ce + 0.01 * L_adv + 0.001 * L_adv_u + 0.1 * L_semi).backward()
        opt_D.zero_grad()
        L_D = (pixel_bce(D(F.softmax(logits_l.detach(), 1)), 0, valid) + pixel_bce(D(one_hot(y_l, C, torch.float64)), 1, valid)) / 2
        L_D.backward()
        values = [L_ce.item(), L_adv.item(), L_adv_u.item(), L_semi.item(), L_D.item()]
        r.keep('advsemiseg/losses%d' % t, values)
        r.keep('advsemiseg/threshold%d' % t, [threshold])
        r.digest('advsemiseg/S gradients%d' % t, gradients(S))
        r.digest('advsemiseg/D gradients%d' % t, gradients(D))
        opt_S.step()
        opt_D.step()
        report('advsemiseg', t, values)
    r.digest('advsemiseg/S moved', moved(S, before_S))
    r.digest('advsemiseg/D moved', moved(D, before_D))


def average(teacher, student, t):
    a = min(1 - 1 / (t + 1), 0.99)
    with torch.no_grad():
        for (_, to), (_, of) in zip(state(teacher), state(student)):
            to.copy_(a * to + (1 - a) * of)


def with_teacher(r, name, step):
    """step(t, student, teacher) -> the loss and what to report."""
    student, teacher = network(), network().eval()
    opt, before = sgd(student), remember(student)
    for t in 1, 2:
        loss, values = step(t, student, teacher)
        opt.zero_grad()
        loss.backward()
        r.keep('%s/losses%d' % (name, t), values)
        r.digest('%s/gradients%d' % (name, t), gradients(student))
        opt.step()
        average(teacher, student, t)
        report(name, t, values)
    r.digest(name + '/student moved', moved(student, before))
    r.digest(name + '/teacher moved', moved(teacher, before))


def mean_teacher(r):
    def step(t, student, teacher):
        x_l, y_l = labelled(t)
        x_t, x_s, inside = pictures('x_t', t, 3), pictures('x_s', t, 3), inside_of(3)
        with torch.no_grad():
            said = F.softmax(teacher(x_t), 1)
        L_ce = F.cross_entropy(student(x_l), y_l, ignore_index=VOID)
        error = (F.softmax(student(x_s), 1) - said) ** 2
        L_cons = error.permute(0, 2, 3, 1)[inside].mean()
        w = 100 * math.exp(-5 * (1 - (t + 2) / 10) ** 2)
        return L_ce + w * L_cons, [L_ce.item(), L_cons.item(), w]
    with_teacher(r, 'mean_teacher', step)


def cutmix(r):
    def step(t, student, teacher):
        x_l, y_l = labelled(t)
        mask, inside = boxes_of(t, 3), mix(boxes_of(t, 3), inside_of(3), inside_of(3).flip(0))
        with torch.no_grad():
            said = mix(mask, teacher(pictures('a_t', t, 3)), teacher(pictures('b_t', t, 3)))
        confidence = confidence_of(said)[inside]
        threshold = middle(confidence)
        share = (confidence >= threshold).double().mean()
        L_ce = F.cross_entropy(student(x_l), y_l, ignore_index=VOID)
        L_cons = squared_distance(student(mix(mask, pictures('a_s', t, 3), pictures('b_s', t, 3))), said, inside)
        r.keep('cutmix/threshold%d' % t, [threshold])
        return L_ce + share * L_cons, [L_ce.item(), L_cons.item(), share.item()]
    with_teacher(r, 'cutmix', step)


def cps(r):
    """The first step without CutMix, the second with it."""
    nets = [network('S.'), network('T.')]
    opts, before = [sgd(S) for S in nets], [remember(S) for S in nets]
    for t in 1, 2:
        x_l, y_l = labelled(t)
        logits_l = [S(x_l) for S in nets]
        L_ce = [F.cross_entropy(y, y_l, ignore_index=VOID) for y in logits_l]
        a, inside_a = pictures('a', t, 3), inside_of(3)
        if t == 1:
            inside_l = inside_of(2)
            joined = [torch.cat((y, S(a)), 0) for y, S in zip(logits_l, nets)]
            L_cps = 1.5 * cross_pseudo(joined[0], joined[1], torch.cat((inside_l, inside_a), 0))
        else:
            b, inside_b, mask = pictures('b', t, 3), inside_of(3).flip(0), boxes_of(t, 3)
            with torch.no_grad():
                said = [mix(mask, S(a), S(b)) for S in nets]
            students = [S(mix(mask, a, b)) for S in nets]
            L_cps = cross_pseudo(students[0], students[1], mix(mask, inside_a, inside_b), *said)
        for opt in opts:
            opt.zero_grad()
        (L_ce[0] + L_ce[1] + L_cps).backward()
        values = [L_ce[0].item(), L_ce[1].item(), L_cps.item()]
        r.keep('cps/losses%d' % t, values)
        for i, S in enumerate(nets):
            r.digest('cps/S%d gradients%d' % (i + 1, t), gradients(S))
        for opt in opts:
            opt.step()
        report('cps', t, values)
    for i, S in enumerate(nets):
        r.digest('cps/S%d moved' % (i + 1), moved(S, before[i]))


def unimatch(r):
    """No channels are dropped: the random numbers of PyTorch and of hilo differ."""
    S = network()
    opt, before = sgd(S), remember(S)
    for t in 1, 2:
        x_l, y_l = labelled(t)
        x_w, x_m = pictures('x_w', t, 3), pictures('x_m', t, 3)
        inside, inside_m, boxes = inside_of(3), inside_of(3).flip(0), [boxes_of(t, 3, k) for k in (1, 2)]
        strong = [mix(boxes[k], pictures('s%d' % k, t, 3), pictures('m%d' % k, t, 3)) for k in (0, 1)]
        S.eval()
        with torch.no_grad():
            said_m = S(x_m)
        S.train()
        logits_l, logits_w = S(torch.cat((x_l, x_w), 0)).split((2, 3))
        logits_s = S(torch.cat(strong, 0)).split((3, 3))
        threshold = middle(torch.cat((confidence_of(logits_w)[inside], confidence_of(said_m)[inside_m])))
        y_w, y_m = sure_labels(logits_w, threshold, inside), sure_labels(said_m, threshold, inside_m)
        L_x = F.cross_entropy(logits_l, y_l, ignore_index=VOID)
        L_s = [cross_entropy_over_all(logits_s[k], mix(boxes[k], y_w, y_m), mix(boxes[k], inside, inside_m)) for k in (0, 1)]
        L_fp = cross_entropy_over_all(logits_w, y_w, inside)
        opt.zero_grad()
        ((L_x + L_s[0] * 0.25 + L_s[1] * 0.25 + L_fp * 0.5) / 2).backward()
        values = [L_x.item(), L_s[0].item(), L_s[1].item(), L_fp.item()]
        r.keep('unimatch/losses%d' % t, values)
        r.keep('unimatch/threshold%d' % t, [threshold])
        r.digest('unimatch/gradients%d' % t, gradients(S))
        opt.step()
        report('unimatch', t, values)
    r.digest('unimatch/moved', moved(S, before))


if __name__ == '__main__':
    record = Record('rivals')
    for part in losses, advsemiseg, mean_teacher, cutmix, cps, unimatch:
        part(record)
    record.save()
