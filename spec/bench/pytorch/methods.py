"""Supervised training, s4GAN and MLMT in plain PyTorch: each function makes a network of a run's options and a step that trains it."""
import copy
import math

import torch
import torch.nn.functional as F

from pytorch import models
from pytorch.evaluate import present
from pytorch.models import set_rates
from pytorch.pictures import VOID, Augmentation, batches
from networks import fake_map, real_map


def poly(o, step):
    """Of steps from 1."""
    whole = (1 - (step - 1) / o['steps']) ** o['power']
    return whole * min(1, step / o['warmup']) if o.get('warmup') else whole


def cross_entropy(logits, labels):
    """The mean over valid pixels, 0 where there are none."""
    return F.cross_entropy(logits, labels, ignore_index=VOID, reduction='sum') / (labels != VOID).sum().clamp(min=1)


def segmentation_augmentation(o):
    return Augmentation(o['crop'], size=o['data']['size'], scale=o['scale'], mirror=o['mirror'])


def supervised(run):
    o = run.options
    S = models.segmentation(o, len(run.classes))
    opt_S = models.optimiser(S, o, 'head.')
    labelled = batches(run.pictures, run.split['labelled'], o['batch'], [run.seed, 1], segmentation_augmentation(o), with_labels=True)

    def step(t):
        models.training(S, o)
        set_rates(opt_S, poly(o, t))
        [(x, y, _)], _ = next(labelled)
        L_ce = cross_entropy(S(x), y)
        opt_S.zero_grad()
        L_ce.backward()
        opt_S.step()
        return {'ce': L_ce}
    return {'S': S}, step


def cycled(x, n):
    return x[torch.arange(n) % len(x)]


def s4gan(run):
    o, classes = run.options, len(run.classes)
    S, D = models.segmentation(o, classes), models.discriminator(o, classes)
    opt_S = models.optimiser(S, o, 'head.')
    opt_D = torch.optim.Adam([{'params': list(D.parameters()), 'lr': o['d_lr'], 'base': o['d_lr']}], betas=o['d_betas'])
    augment, bce = segmentation_augmentation(o), F.binary_cross_entropy_with_logits
    labelled = batches(run.pictures, run.split['labelled'], o['batch'], [run.seed, 1], augment, with_labels=True)
    unlabelled = batches(run.pictures, run.split['unlabelled'], o['unlabelled_batch'], [run.seed, 2], augment)

    def columns(y, inside):
        """Where real and fake maps are shown to D: where neither is void."""
        valid = y != VOID
        if o['void_columns'] == 'real':
            return torch.ones_like(valid).unsqueeze(1), torch.ones_like(inside).unsqueeze(1)
        return (valid & cycled(inside, len(y))).unsqueeze(1), (inside & cycled(valid, len(inside))).unsqueeze(1)

    def confidence(fake):
        D.train(o['gate_dropout'])
        with torch.no_grad():
            gate = torch.sigmoid(D(fake)[0])
        D.train()
        return gate

    def step(t):
        models.training(S, o)
        D.train()
        set_rates(opt_S, poly(o, t))
        set_rates(opt_D, poly({**o, 'warmup': 0}, t))
        [(x_l, y, _)], _ = next(labelled)
        [(x_u, _, inside)], _ = next(unlabelled)
        L_ce = cross_entropy(S(x_l), y)
        logits_u = S(x_u)
        shown_l, shown_u = columns(y, inside)
        real, fake = real_map(y, x_l, shown_l, classes), fake_map(logits_u, x_u, shown_u)
        d_real, f_real = D(real)
        D.requires_grad_(False)
        _, f_fake = D(fake)
        D.requires_grad_(True)
        gamma = o['gamma'] if t >= o['st_start'] else 1
        gate = confidence(fake)
        passed = (gate >= gamma) & (gamma < 1)
        pseudo = torch.where(passed.view(-1, 1, 1) & inside, logits_u.argmax(1), VOID)
        L_fm = (f_real.detach().mean(0) - f_fake.mean(0)).abs().mean()
        L_st = cross_entropy(logits_u, pseudo)
        opt_S.zero_grad()
        (L_ce + o['lambda_fm'] * L_fm + o['lambda_st'] * L_st).backward()
        d_fake, _ = D(fake.detach())
        L_D = (bce(d_fake, torch.zeros_like(d_fake)) + bce(d_real, torch.full_like(d_real, 1 - o['d_smooth']))) / 2
        opt_D.zero_grad()
        L_D.backward()
        opt_S.step()
        opt_D.step()
        return {'ce': L_ce, 'fm': L_fm, 'st': L_st, 'd': L_D, 'passed': passed.float().mean()}
    return {'S': S, 'D': D}, step


def class_loss(logits, targets, positive):
    """Binary cross entropy over the classes that are known, those of targets 0 and 1."""
    known = targets >= 0
    each = F.binary_cross_entropy_with_logits(logits, targets.clamp(min=0), reduction='none')
    each = each * torch.where(targets == 1, positive, torch.ones(()))
    return (each * known).sum() / known.sum().clamp(min=1)


def positive_weights(rows, power):
    """What classes that are present weigh: (pictures without / pictures with it)^power, from 1 to 10."""
    there, away = (rows == 1).sum(0).float(), (rows == 0).sum(0).float()
    return torch.where(there > 0, (away / there).pow(power).clamp(1, 10), torch.ones(()))


def mlmt(run):
    o, classes = run.options, len(run.classes)
    student = models.classifier(o, classes)
    teacher = copy.deepcopy(student).requires_grad_(False).eval()
    opt = models.optimiser(student, o, 'fc.', nesterov=True)
    weak = Augmentation(o['resize'], resize=o['resize'], scale=o['scale'])
    strong = Augmentation(o['resize'], resize=o['resize'], scale=o['scale'], jitter=o['jitter'], blur=o['blur'])
    labelled = batches(run.pictures, run.split['labelled'], o['batch'], [run.seed, 1], weak, with_labels=True)
    unlabelled = batches(run.pictures, run.split['unlabelled'], o['unlabelled_batch'], [run.seed, 2], strong, weak)
    tags = {name: torch.tensor(run.tags['rows'][name], dtype=torch.float) for name in run.tags['names']} if run.tags else {}
    tagged = batches(run.pictures, list(tags), o['tagged_batch'], [run.seed, 3], weak)
    positive = torch.ones(())
    if o['positive_power'] > 0:
        known = [present(run.pictures.labels(name), classes) for name in run.split['labelled']] + list(tags.values())
        positive = positive_weights(torch.stack(known), o['positive_power'])

    def consistency(said, taught):
        if o['distance'] == 'cosine':
            return 1 - F.cosine_similarity(said, taught).mean()
        return F.mse_loss(torch.sigmoid(said), torch.sigmoid(taught))

    def average(t):
        a = min(1 - 1 / (t + 1), o['ema'])
        with torch.no_grad():
            for to, of in zip(teacher.state_dict().values(), student.state_dict().values()):
                if to.is_floating_point():
                    to.lerp_(of, 1 - a)

    def step(t):
        models.training(student, o)
        final = o['final_lr'] / o['lr']
        set_rates(opt, final + (1 - final) * 0.5 * (1 + math.cos(math.pi * (t - 1) / o['steps'])))
        begun = t - 1 - o['steps'] / 10
        w = o['weight'] * min(1, 2 * begun / o['steps']) if begun >= 0 else 0
        [(x_l, y, _)], _ = next(labelled)
        [(x_s, _, _), (x_t, _, _)], _ = next(unlabelled)
        L_bce = class_loss(student(x_l), torch.stack([present(labels, classes) for labels in y]), positive)
        with torch.no_grad():
            taught = teacher(x_t)
        losses = {'bce': L_bce, 'consistency': consistency(student(x_s), taught)}
        L = L_bce + w * losses['consistency']
        if tags:
            [(x_g, _, _)], names = next(tagged)
            losses['tags'] = class_loss(student(x_g), torch.stack([tags[name] for name in names]), positive)
            L = L + o['tag_weight'] * losses['tags']
        opt.zero_grad()
        L.backward()
        opt.step()
        average(t)
        return losses
    return {'student': student, 'teacher': teacher}, step
