"""Writes networks.safetensors and steps.safetensors: whole networks forward and backward, and whole training steps of s4GAN
and MLMT, in float64. Only needed to make them anew:  python spec/golden/make_networks.py

Weights and inputs are not stored: both sides compute them by formula.py. What is kept of a list of tensors is two numbers
each: the inner product with a probe that the formula gives, and the norm.
"""
import math
import sys

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
from formula import fill, formula, labels_by_formula  # noqa: E402
from make_golden import save  # noqa: E402
from networks import DeepLab, Discriminator, ResNet, freeze_affine, one_hot, unit_range  # noqa: E402

torch.set_num_threads(2)


def segmentation(backbone, classes):
    return fill(freeze_affine(DeepLab(backbone, classes)).double(), 'S.')


class Record:
    def __init__(self, name):
        self.name, self.tensors, self.metadata = name, {}, {}

    def keep(self, key, t):
        self.tensors[key] = torch.as_tensor(t, dtype=torch.float64).detach().clone()

    def digest(self, key, named):
        rows = []
        for name, t in named:
            probe = formula('probe ' + name, tuple(t.shape))
            rows.append([(t * probe).sum().item(), t.norm().item()])
        self.keep(key, rows)
        self.metadata[key] = ' '.join(name for name, _ in named)

    def save(self):
        save(self.name, self.tensors, self.metadata)


def gradients(net):
    return [(n, p.grad) for n, p in net.named_parameters() if p.requires_grad]


def state(net):
    return [(n, t) for n, t in net.state_dict().items() if not n.endswith('num_batches_tracked')]


def statistics(net):
    return [(n, t) for n, t in state(net) if 'running' in n]


# Outputs are kept at these places.
def corner(y):
    return y.flatten()[::max(1, y.numel() // 97)]


def networks():
    r = Record('networks')

    def forward_backward(key, net, x, training=True):
        net.train(training)
        x = x.clone().requires_grad_()
        y = net(x)
        y = y[0] if isinstance(y, tuple) else y
        dy = formula(key + ' dy', tuple(y.shape))
        y.backward(dy)
        r.keep(key + '/y', corner(y))
        r.digest(key + '/y digest', [('y', y)])
        r.digest(key + '/dx', [('dx', x.grad)])
        r.digest(key + '/gradients', gradients(net))
        r.digest(key + '/statistics', statistics(net)) if statistics(net) else None

    x = formula('x', (2, 3, 65, 57), 3)
    forward_backward('deeplab', segmentation(ResNet('resnet18', 8), 5), x)
    forward_backward('deeplab evaluating', segmentation(ResNet('resnet18', 8), 5), x, False)
    forward_backward('deeplab50', segmentation(ResNet('resnet50', 16, width=16), 5), x)
    forward_backward('classifier', fill(ResNet('resnet18', 32, 5).double(), 'M.'), formula('x', (3, 3, 65, 57), 3))
    forward_backward('discriminator', fill(Discriminator(5, 0).double(), 'D.'), formula('maps', (2, 8, 66, 48)))
    r.save()


def s4gan(r, classes=5, steps=10):
    S = segmentation(ResNet('resnet18', 8, width=32), classes).train()
    D = fill(Discriminator(classes, 0).double(), 'D.').train()
    lr, d_lr = 2.5e-3, 1e-3
    head = [p for n, p in S.named_parameters() if n.startswith('head.')]
    rest = [p for n, p in S.named_parameters() if not n.startswith('head.') and p.requires_grad]
    opt_S = torch.optim.SGD([{'params': rest, 'lr': lr}, {'params': head, 'lr': 10 * lr}], momentum=0.9, weight_decay=5e-4)
    opt_D = torch.optim.Adam(D.parameters(), lr=d_lr, betas=(0.9, 0.99))
    base = [[g['lr'] for g in o.param_groups] for o in (opt_S, opt_D)]
    before_S, before_D = dict((n, t.clone()) for n, t in state(S)), dict((n, t.clone()) for n, t in state(D))
    for t in 1, 2:
        for o, rates in zip((opt_S, opt_D), base):
            for g, rate in zip(o.param_groups, rates):
                g['lr'] = rate * (1 - (t - 1) / steps) ** 0.9
        x_l, x_u = formula('x_l%d' % t, (2, 3, 64, 64), 3), formula('x_u%d' % t, (3, 3, 64, 64), 3)
        y_l = labels_by_formula('y_l%d' % t, (2, 64, 64), classes)
        inside = torch.ones(3, 64, 64, dtype=torch.uint8)
        inside[1, 40:], inside[2, :, :24] = 0, 0
        logits_l, logits_u = S(x_l), S(x_u)
        real = torch.cat((one_hot(y_l, classes, torch.float64), unit_range(x_l)), 1)
        fake = torch.cat((F.softmax(logits_u, 1) * inside.unsqueeze(1), unit_range(x_u)), 1)
        d_real, f_real = D(real)
        for p in D.parameters():
            p.requires_grad_(False)
        logit, f_fake = D(fake)
        for p in D.parameters():
            p.requires_grad_(True)
        gate = torch.sigmoid(logit.detach())
        # between the images' confidences, so that some pass and some do not, clear of rounding
        order = gate.sort().values
        gamma = round(((order[0] + order[1]) / 2).item(), 6)
        assert (gate - gamma).abs().min() > 1e-4, gate
        pseudo = torch.where((inside == 1) & (gate >= gamma).view(-1, 1, 1), logits_u.argmax(1), 255)
        L_ce = F.cross_entropy(logits_l, y_l, ignore_index=255)
        L_fm = (f_real.detach().mean(0) - f_fake.mean(0)).abs().mean()
        L_st = F.cross_entropy(logits_u, pseudo, ignore_index=255)
        opt_S.zero_grad()
        (L_ce + 0.1 * L_fm + 1.0 * L_st).backward()
        d_fake, _ = D(fake.detach())
        L_D = (F.binary_cross_entropy_with_logits(d_fake, torch.zeros_like(d_fake)) +
               F.binary_cross_entropy_with_logits(d_real, torch.ones_like(d_real))) / 2
        opt_D.zero_grad()
        L_D.backward()
        r.keep('s4gan/losses%d' % t, [L_ce.item(), L_fm.item(), L_st.item(), L_D.item()])
        r.keep('s4gan/gate%d' % t, gate)
        r.keep('s4gan/gamma%d' % t, [gamma])
        r.digest('s4gan/S gradients%d' % t, gradients(S))
        r.digest('s4gan/D gradients%d' % t, gradients(D))
        opt_S.step()
        opt_D.step()
        print('  s4gan', t, [round(v, 5) for v in r.tensors['s4gan/losses%d' % t].tolist()], gate.tolist(), gamma)
    r.digest('s4gan/S moved', [(n, v - before_S[n]) for n, v in state(S)])
    r.digest('s4gan/D moved', [(n, v - before_D[n]) for n, v in state(D)])


def mlmt(r, classes=5, epochs=10):
    def make():
        return fill(ResNet('resnet18', 32, classes, width=32).double(), 'M.')
    student, teacher = make().train(), make().eval()
    opt = torch.optim.SGD(student.parameters(), lr=3e-2, momentum=0.9, nesterov=True, weight_decay=1e-5)
    start = dict((n, t.clone()) for n, t in state(student))
    for t, distance in (1, 'mse'), (2, 'cosine'):
        opt.param_groups[0]['lr'] = 1e-4 + (3e-2 - 1e-4) * 0.5 * (1 + math.cos(math.pi * (t - 1) / epochs))
        x_l = formula('x_l%d' % t, (4, 3, 64, 64), 3)
        x_s, x_t = formula('x_s%d' % t, (5, 3, 64, 64), 3), formula('x_t%d' % t, (5, 3, 64, 64), 3)
        y_l = labels_by_formula('y_l%d' % t, (4, 64, 64), classes)
        y_l[0] = torch.where(y_l[0] == 2, torch.full_like(y_l[0], 255), y_l[0])
        y_l[1] = torch.where(y_l[1] > 2, torch.full_like(y_l[1], 0), y_l[1])
        target = one_hot(y_l, classes, torch.float64).amax((2, 3))
        L_bce = F.binary_cross_entropy_with_logits(student(x_l), target)
        with torch.no_grad():
            said = teacher(x_t)
        scores = student(x_s)
        if distance == 'mse':
            L_cons = F.mse_loss(torch.sigmoid(scores), torch.sigmoid(said))
        else:
            L_cons = 1 - F.cosine_similarity(scores, said, dim=1).mean()
        epoch = 2 + t
        w = min(1.0, 2 * (epoch - epochs / 10) / epochs)
        opt.zero_grad()
        (L_bce + w * L_cons).backward()
        r.keep('mlmt/losses%d' % t, [L_bce.item(), L_cons.item(), w])
        r.keep('mlmt/target%d' % t, target)
        r.digest('mlmt/gradients%d' % t, gradients(student))
        opt.step()
        a = min(1 - 1 / (t + 1), 0.999)
        with torch.no_grad():
            for (n, to), (_, s) in zip(state(teacher), state(student)):
                to.copy_(a * to + (1 - a) * s)
        print('  mlmt', t, r.tensors['mlmt/losses%d' % t].tolist())
    r.digest('mlmt/student moved', [(n, v - start[n]) for n, v in state(student)])
    r.digest('mlmt/teacher moved', [(n, v - start[n]) for n, v in state(teacher)])


def steps():
    r = Record('steps')
    s4gan(r)
    mlmt(r)
    r.save()


if __name__ == '__main__':
    networks()
    steps()
