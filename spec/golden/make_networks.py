"""Writes networks.safetensors and steps.safetensors: whole networks forward and backward, and whole training steps of s4GAN
and MLMT, in float64. Only needed to make them anew:  python spec/golden/make_networks.py

Weights and inputs are not stored: both sides compute them from a formula on the tensor's name and the element's number
(spec/helper.lua has the other half). What is kept of a list of tensors is two numbers each: the inner product with a probe
that the formula gives, and the norm.
"""
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.dont_write_bytecode = True
from make_golden import save  # noqa: E402

torch.set_num_threads(2)
P = 65537


def salt_of(name):
    s = 0
    for c in name.encode():
        s = (s * 31 + c) % P
    return s


def formula(name, shape, scale=1.0, shift=0.0):
    """Numbers from [shift - scale/2, shift + scale/2), rounded to float32."""
    n, salt = math.prod(shape), salt_of(name)
    i = torch.arange(n, dtype=torch.int64) % P
    v = (i * i + (7919 + salt) * i + salt) % P
    return ((v.double() / P - 0.5) * scale + shift).float().double().view(shape)


def labels_by_formula(name, shape, classes):
    """Blocks of 8x8 pixels; about one block in 16 is void."""
    n, h, w = shape
    rows, cols = (h + 7) // 8, (w + 7) // 8
    v = ((formula(name, (n, rows, cols)) + 0.5) * P).round().long()
    v = torch.where(v % 16 == 0, torch.full_like(v, 255), v % classes)
    return v.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, :h, :w].contiguous()


def fill(net, prefix):
    with torch.no_grad():
        for name, t in list(net.named_parameters()) + list(net.named_buffers()):
            if name.endswith('num_batches_tracked'):
                continue
            key = prefix + name
            if t.dim() > 1:
                fan_in = t[0].numel()
                t.copy_(formula(key, t.shape, math.sqrt(24 / fan_in)))
            elif name.endswith('running_var') or name.endswith('weight'):
                t.copy_(formula(key, t.shape, 0.5, 1.0))
            else:
                t.copy_(formula(key, t.shape, 0.2))
    return net


class BasicBlock(nn.Module):
    def __init__(self, cin, planes, stride, dilation):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, planes, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or cin != planes:
            self.downsample = nn.Sequential(nn.Conv2d(cin, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Bottleneck(nn.Module):
    def __init__(self, cin, planes, stride, dilation):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * planes)
        self.downsample = None
        if stride != 1 or cin != 4 * planes:
            self.downsample = nn.Sequential(nn.Conv2d(cin, 4 * planes, 1, stride, bias=False), nn.BatchNorm2d(4 * planes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class ResNet(nn.Module):
    """Without `classes` it gives the features of the last stage."""

    def __init__(self, block, layers, output_stride=32, classes=None, width=64):
        super().__init__()
        expansion = 4 if block is Bottleneck else 1
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        cin, dilation, reached = width, 1, 4
        for i, count in enumerate(layers):
            stride = 1 if i == 0 else 2
            if i > 0 and reached == output_stride:
                stride, dilation = 1, dilation * 2
            else:
                reached *= stride
            planes, blocks = width * 2 ** i, []
            for k in range(count):
                blocks.append(block(cin, planes, stride if k == 0 else 1, dilation))
                cin = planes * expansion
            setattr(self, 'layer%d' % (i + 1), nn.Sequential(*blocks))
        self.planes = cin
        self.fc = nn.Linear(cin, classes) if classes else None

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3))) if self.fc else x


class DeepLab(nn.Module):
    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = backbone
        self.head = nn.ModuleList([nn.Conv2d(backbone.planes, classes, 3, 1, d, d) for d in (6, 12, 18, 24)])
        for m in backbone.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.weight.requires_grad_(False)
                m.bias.requires_grad_(False)

    def forward(self, x):
        f = self.backbone(x)
        return F.interpolate(sum(conv(f) for conv in self.head), x.shape[2:], mode='bilinear', align_corners=True)


class Discriminator(nn.Module):
    """Without dropout."""

    def __init__(self, classes):
        super().__init__()
        cin = classes + 3
        for i in range(4):
            setattr(self, 'conv%d' % (i + 1), nn.Conv2d(cin, 64 * 2 ** i, 4, 2, 1))
            cin = 64 * 2 ** i
        self.fc = nn.Linear(cin, 1)

    def forward(self, x):
        for i in range(4):
            x = F.leaky_relu(getattr(self, 'conv%d' % (i + 1))(x), 0.2)
        f = x.mean((2, 3))
        return self.fc(f).view(-1), f


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
    forward_backward('deeplab', fill(DeepLab(ResNet(BasicBlock, (2, 2, 2, 2), 8), 5).double(), 'S.'), x)
    forward_backward('deeplab evaluating', fill(DeepLab(ResNet(BasicBlock, (2, 2, 2, 2), 8), 5).double(), 'S.'), x, False)
    forward_backward('deeplab50', fill(DeepLab(ResNet(Bottleneck, (3, 4, 6, 3), 16, width=16), 5).double(), 'S.'), x)
    forward_backward('classifier', fill(ResNet(BasicBlock, (2, 2, 2, 2), 32, 5).double(), 'M.'), formula('x', (3, 3, 65, 57), 3))
    forward_backward('discriminator', fill(Discriminator(5).double(), 'D.'), formula('maps', (2, 8, 66, 48)))
    r.save()


def unit_range(x):
    flat = x.flatten(1)
    low, high = flat.min(1).values.view(-1, 1, 1, 1), flat.max(1).values.view(-1, 1, 1, 1)
    return (x - low) / (high - low).clamp(min=1e-8)


def one_hot(y, classes):
    return F.one_hot(y.clamp(max=classes - 1), classes).permute(0, 3, 1, 2).double() * (y != 255).unsqueeze(1)


def s4gan(r, classes=5, steps=10):
    S = fill(DeepLab(ResNet(BasicBlock, (2, 2, 2, 2), 8, width=32), classes).double(), 'S.').train()
    D = fill(Discriminator(classes).double(), 'D.').train()
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
        real = torch.cat((one_hot(y_l, classes), unit_range(x_l)), 1)
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
        return fill(ResNet(BasicBlock, (2, 2, 2, 2), 32, classes, width=32).double(), 'M.')
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
        target = one_hot(y_l, classes).amax((2, 3))
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
