"""PyTorch's side of the benchmark: reads one JSON request a line on stdin, answers one JSON line on stdout.

{"work": "conv2d", "inputs": {"x": {"size": [1, 64, 41, 41]}, ...}, "names": ["x", ...], "case": {...},
 "backward": true}                                                                        prepares an op
{"work": "train_step", "backbone": "resnet18", "size": 176, "batch": 4, "classes": 11}     prepares a step
{"work": "convolutions", "layers": [[count, channels, size, stride, dilation], ...], "batch": 2}
{"time": n}                                                                               runs it n times -> {"ms": one}
"""
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from torch_models import DeepLab, Discriminator  # noqa: E402

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
torch.manual_seed(0)


def pair(value, default):
    value = default if value is None else value
    return tuple(value) if isinstance(value, list) else (value, value)


def conv2d(t, c):
    o = c.get("options") or {}
    return F.conv2d(t["x"], t["w"], t.get("b"), pair(o.get("stride"), 1), pair(o.get("pad"), 0), pair(o.get("dilation"), 1))


def conv2d_sum(t, c):
    y = 0
    for i, o in enumerate(c["options"], 1):
        y = y + F.conv2d(t["x"], t["w%d" % i], t["b%d" % i], pair(o.get("stride"), 1), pair(o.get("pad"), 0),
                         pair(o.get("dilation"), 1))
    return y


def batch_norm(t, c):
    o = c.get("options") or {}
    mean, var = t["mean"].detach().clone(), t["var"].detach().abs()
    y = F.batch_norm(t["x"], mean, var, t.get("gamma"), t.get("beta"), o.get("training", False))
    if "add" in t:
        y = y + t["add"]
    return F.relu(y, inplace=True) if o.get("relu") else y


def resize(t, c):
    o = c.get("options") or {}
    mode = o.get("mode", "bilinear")
    align = o.get("align_corners", False) if mode == "bilinear" else None
    return F.interpolate(t["x"], size=(c["h"], c["w"]), mode=mode, align_corners=align)


def resize_cross_entropy(t, c):
    o = c.get("options") or {}
    full = F.interpolate(t["x"], t["labels"].shape[1:], mode="bilinear", align_corners=o.get("align_corners", False))
    return F.cross_entropy(full, t["labels"], ignore_index=255)


def max_pool(t, c):
    o = c["options"]
    return F.max_pool2d(t["x"], pair(o["kernel"], 1), pair(o.get("stride"), 1), pair(o.get("pad"), 0),
                        ceil_mode=o.get("ceil_mode", False))


def avg_pool(t, c):
    o = c["options"]
    return F.avg_pool2d(t["x"], pair(o["kernel"], 1), pair(o.get("stride"), 1), pair(o.get("pad"), 0),
                        o.get("ceil_mode", False), o.get("count_pad", True))


def unit_range(x):
    low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
    return (x - low) / (high - low)


def pair_loss(f):
    return lambda t, c: f(t["a"], t["b"], reduction=(c.get("options") or {}).get("reduction", "mean"))


OPS = {
    "conv2d": conv2d,
    "conv2d_sum": conv2d_sum,
    "batch_norm": batch_norm,
    "resize": resize,
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "adaptive_avg_pool": lambda t, c: F.adaptive_avg_pool2d(t["x"], (c["h"], c["w"])),
    "adaptive_max_pool": lambda t, c: F.adaptive_max_pool2d(t["x"], (c["h"], c["w"])),
    "global_avg_pool": lambda t, c: t["x"].mean((2, 3)),
    "softmax": lambda t, c: F.softmax(t["x"], 1),
    "log_softmax": lambda t, c: F.log_softmax(t["x"], 1),
    "cross_entropy": lambda t, c: F.cross_entropy(t["x"], t["labels"], ignore_index=255),
    "resize_cross_entropy": resize_cross_entropy,
    "softmax_pair": lambda t, c: torch.cat((F.softmax(t["x"], 1) * t["mask"], unit_range(t["images"])), 1),
    "bce_with_logits": pair_loss(F.binary_cross_entropy_with_logits),
    "mse": pair_loss(F.mse_loss),
    "l1": pair_loss(F.l1_loss),
    "smooth_l1": pair_loss(F.smooth_l1_loss),
    "cosine_similarity": lambda t, c: F.cosine_similarity(t["a"], t["b"]),
    "matmul": lambda t, c: t["a"] @ t["b"],
    "relu": lambda t, c: F.relu(t["x"]),
    "leaky_relu": lambda t, c: F.leaky_relu(t["x"], 0.2),
    "sigmoid": lambda t, c: torch.sigmoid(t["x"]),
    "tanh": lambda t, c: torch.tanh(t["x"]),
    "exp": lambda t, c: torch.exp(t["x"]),
    "log": lambda t, c: torch.log(t["x"].abs()),
    "add": lambda t, c: t["a"] + t["b"],
    "sub": lambda t, c: t["a"] - t["b"],
    "cmul": lambda t, c: t["a"] * t["b"],
    "cdiv": lambda t, c: t["a"] / t["b"],
}


def prepare_op(request):
    case, tensors = request["case"], {}
    case = case if isinstance(case, dict) else {}
    f = OPS[request["work"]]
    for name in request["names"]:
        d = request["inputs"][name]
        tensors[name] = torch.randint(0, d["labels"], d["size"]) if "labels" in d else torch.randn(d["size"])
    if not request.get("backward"):
        def forward():
            with torch.no_grad():
                f(tensors, case)
        return forward
    for t in tensors.values():
        t.requires_grad_(t.is_floating_point())
    y = f(tensors, case)
    dy = torch.randn_like(y)

    def backward():
        for t in tensors.values():
            t.grad = None
        y.backward(dy, retain_graph=True)
    return backward


def batch_of(request):
    n, size, classes = request["batch"], request["size"], request["classes"]
    x = torch.randn(n, 3, size, size)
    labels = torch.randint(0, classes, (n, size, size))
    labels[:, : size // 16] = 255
    return x, labels


def segmentation_optimiser(net):
    return torch.optim.SGD([{"params": net.backbone.parameters(), "lr": 1e-3}, {"params": net.aspp.parameters(), "lr": 1e-2}],
                           momentum=0.9, weight_decay=5e-4)


def train_step(request):
    net = DeepLab(request["backbone"], request["classes"])
    optimiser = segmentation_optimiser(net)
    x, labels = batch_of(request)

    def step():
        optimiser.zero_grad()
        F.cross_entropy(net(x), labels, ignore_index=255).backward()
        optimiser.step()
    return step


def one_hot(labels, classes):
    valid = labels != 255
    y = F.one_hot(torch.where(valid, labels, 0), classes) * valid[..., None]
    return y.permute(0, 3, 1, 2).float()


def s4gan_step(request):
    classes = request["classes"]
    net, disc = DeepLab(request["backbone"], classes), Discriminator(classes)
    optimiser = segmentation_optimiser(net)
    optimiser_d = torch.optim.Adam(disc.parameters(), 1e-4, betas=(0.9, 0.99))
    x_l, labels = batch_of(request)
    x_u, _ = batch_of(request)
    bce = F.binary_cross_entropy_with_logits

    image_l, image_u = unit_range(x_l), unit_range(x_u)

    def step():
        for p in disc.parameters():
            p.requires_grad_(False)
        optimiser.zero_grad()
        optimiser_d.zero_grad()
        loss = F.cross_entropy(net(x_l), labels, ignore_index=255)
        logits_u = net(x_u)
        fake = F.softmax(logits_u, 1)
        real = one_hot(labels, classes)
        _, f_fake = disc(fake, image_u)
        with torch.no_grad():
            _, f_real = disc(real, image_l)
            disc.eval()
            confidence = torch.sigmoid(disc(fake, image_u)[0][:, 0])
            disc.train()
        loss = loss + 0.1 * (f_real.mean(0) - f_fake.mean(0)).abs().mean()
        pseudo = torch.where((confidence >= 0.6)[:, None, None], logits_u.detach().argmax(1), 255)
        # always taken, as when maps pass the gate, so that every step costs the same
        loss = loss + torch.nan_to_num(F.cross_entropy(logits_u, pseudo, ignore_index=255))
        loss.backward()
        for p in disc.parameters():
            p.requires_grad_(True)
        z_fake, z_real = disc(fake.detach(), image_u)[0], disc(real, image_l)[0]
        loss_d = (bce(z_fake, torch.zeros_like(z_fake)) + bce(z_real, torch.ones_like(z_real))) / 2
        loss_d.backward()
        optimiser.step()
        optimiser_d.step()
    return step


def inference(request):
    net = DeepLab(request["backbone"], request["classes"]).eval()
    x, _ = batch_of(request)

    def predict():
        with torch.no_grad():
            net(x).argmax(1)
    return predict


def convolutions(request):
    layers = []
    for count, channels, size, stride, dilation in request["layers"]:
        x = torch.randn(request["batch"], channels, size, size, requires_grad=True)
        w = (torch.randn(channels, channels, 3, 3) * 0.05).requires_grad_()
        options = {"stride": stride, "padding": dilation, "dilation": dilation}
        layers.append((count, x, w, torch.randn_like(F.conv2d(x, w, **options)), options))

    def step():
        for count, x, w, dy, options in layers:
            for _ in range(count):
                x.grad = w.grad = None
                F.conv2d(x, w, **options).backward(dy)
    return step


STEPS = {"train_step": train_step, "s4gan_step": s4gan_step, "inference": inference, "convolutions": convolutions}


def reset_peak():
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


def peak_mb():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))


run = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "work" in request:
            run = None
            run = STEPS[request["work"]](request) if request["work"] in STEPS else prepare_op(request)
            run()
            reset_peak()
            answer = {"ready": True, "version": torch.__version__}
        else:
            start = time.perf_counter()
            for _ in range(request["time"]):
                run()
            answer = {"ms": (time.perf_counter() - start) * 1000 / request["time"], "mem_mb": peak_mb()}
    except (KeyError, RuntimeError, TypeError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
