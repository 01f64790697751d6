"""PyTorch's side of the benchmark: reads one JSON request a line on stdin, answers one JSON line on stdout.

{"work": "conv2d", "inputs": {"x": {"size": [1, 64, 41, 41]}, ...}, "names": ["x", ...], "case": {...},
 "backward": true}                                                                        prepares an op
{"work": "train_step", "backbone": "resnet18", "size": 176, "batch": 4, "classes": 11}     prepares a step
   "size" may be [height, width]; also: "device": "cuda"; "precision": "bf16", by autocast; "variant": "compile";
   "layout": "channels_last", always on a card; "freeze_bn": "affine"; "width": 64
{"work": "convolutions", "layers": [[count, channels, size, stride, dilation], ...], "batch": 2}
{"time": n}                                                                               runs it n times -> {"ms": one}
Networks, images and labels come from the formulas that hilo's side uses, so both compute the same; "values" in the answer to a
step are its losses in the first run.
"""
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from formula import fill, formula, labels_by_formula  # noqa: E402
from networks import DeepLab, Discriminator, ResNet, fake_map, freeze_affine, real_map, unit_range  # noqa: E402

# Answers alone go to stdout, whatever a library prints.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
torch.manual_seed(0)


def pair(value, default):
    value = default if value is None else value
    return tuple(value) if isinstance(value, list) else (value, value)


def conv2d(t, c):
    o = c.get("options") or {}
    return F.conv2d(t["x"], t["w"], t.get("b"), pair(o.get("stride"), 1), pair(o.get("pad"), 0), pair(o.get("dilation"), 1),
                    o.get("groups", 1))


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
    "relu6": lambda t, c: F.relu6(t["x"]),
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


class Settings:
    """Where and how a step computes."""

    def __init__(self, request):
        self.device = request.get("device", "cpu")
        self.compiles = request.get("variant") == "compile"
        self.on_card = self.device == "cuda"
        self.channels_last = self.on_card or request.get("layout") == "channels_last"
        self.precision = torch.autocast(self.device, torch.bfloat16, enabled=request.get("precision") == "bf16")
        if self.on_card:
            torch.backends.cudnn.benchmark = True

    def place(self, x):
        """Images and networks lie with their channels innermost where that was asked for, and on a card, which is faster there."""
        if self.channels_last and (isinstance(x, torch.nn.Module) or x.dim() == 4):
            return x.to(self.device, memory_format=torch.channels_last)
        return x.to(self.device)

    def ready(self, f):
        """A network or a function as it is called."""
        return torch.compile(f) if self.compiles else f

    def optimiser(self, kind, params, **options):
        return kind(params, fused=True, **options)


def batch_of(request, settings, name, n=None):
    n, (down, across) = n or request["batch"], pair(request["size"], None)
    x = formula("x_" + name, (n, 3, down, across), 3).float()
    return settings.place(x), settings.place(labels_by_formula("y_" + name, (n, down, across), request["classes"]))


def segmentation(request, settings):
    backbone = ResNet(request["backbone"], 8, width=request.get("width", 64))
    net = fill(DeepLab(backbone, request["classes"]), "S.")
    if request.get("freeze_bn") == "affine":
        freeze_affine(net)
    net = settings.place(net)
    groups = [{"params": [p for p in net.backbone.parameters() if p.requires_grad], "lr": 2.5e-4},
              {"params": net.head.parameters(), "lr": 2.5e-3}]
    return settings.ready(net), settings.optimiser(torch.optim.SGD, groups, momentum=0.9, weight_decay=5e-4)


def train_step(request):
    settings = Settings(request)
    net, optimiser = segmentation(request, settings)
    x, labels = batch_of(request, settings, "l")

    def step():
        optimiser.zero_grad()
        with settings.precision:
            loss = F.cross_entropy(net(x), labels, ignore_index=255)
        loss.backward()
        optimiser.step()
        return {"ce": loss}
    return step


def s4gan_step(request):
    settings, classes = Settings(request), request["classes"]
    net, optimiser = segmentation(request, settings)
    plain = settings.place(fill(Discriminator(classes), "D."))
    disc = settings.ready(plain)
    optimiser_d = settings.optimiser(torch.optim.Adam, plain.parameters(), lr=1e-4, betas=(0.9, 0.99))
    x_l, labels = batch_of(request, settings, "l")
    x_u, _ = batch_of(request, settings, "u")
    inside = torch.ones_like(labels, dtype=torch.bool)
    inside[:, :, : request["size"] // 16] = False
    bce = F.binary_cross_entropy_with_logits
    real_of, fake_of = settings.ready(real_map), settings.ready(fake_map)

    def step():
        with settings.precision:
            loss_ce = F.cross_entropy(net(x_l), labels, ignore_index=255)
            logits_u = net(x_u)
            shown = ((labels != 255) & inside).unsqueeze(1)
            real, fake = real_of(labels, x_l, shown, classes), fake_of(logits_u, x_u, shown)
            d_real, f_real = disc(real)
            for p in plain.parameters():
                p.requires_grad_(False)
            _, f_fake = disc(fake)
            for p in plain.parameters():
                p.requires_grad_(True)
            with torch.no_grad():
                plain.eval()
                gate = torch.sigmoid(disc(fake)[0])
                plain.train()
                passed = (gate >= 0).view(-1, 1, 1)  # all, so that every step costs the same
                pseudo = torch.where(passed & inside, logits_u.argmax(1), 255)
            loss_fm = F.l1_loss(f_fake.mean(0), f_real.detach().mean(0))
            loss_st = F.cross_entropy(logits_u, pseudo, ignore_index=255)
            loss = loss_ce + 0.1 * loss_fm + loss_st
        optimiser.zero_grad()
        loss.backward()
        with settings.precision:
            d_fake = disc(fake.detach())[0]
            loss_d = (bce(d_fake, torch.zeros_like(d_fake)) + bce(d_real, torch.ones_like(d_real))) / 2
        optimiser_d.zero_grad()
        loss_d.backward()
        optimiser.step()
        optimiser_d.step()
        return {"ce": loss_ce, "st": loss_st}
    return step


def mlmt_step(request):
    settings, classes = Settings(request), request["classes"]

    def network():
        return settings.place(fill(ResNet(request["backbone"], 32, classes, width=request.get("width", 64)), "M."))
    plain, average = network().train(), network().eval()
    student, teacher = settings.ready(plain), settings.ready(average)
    optimiser = settings.optimiser(torch.optim.SGD, plain.parameters(), lr=3e-2, momentum=0.9, nesterov=True, weight_decay=1e-5)
    state_of = [[t.detach() for t in net.state_dict().values() if t.is_floating_point()] for net in (average, plain)]
    x_l, labels = batch_of(request, settings, "l")
    x_s, _ = batch_of(request, settings, "s", request["unlabelled"])
    x_t, _ = batch_of(request, settings, "t", request["unlabelled"])

    def step():
        with settings.precision:
            target = torch.stack([(labels == c).flatten(1).any(1) for c in range(classes)], 1).float()
            loss_bce = F.binary_cross_entropy_with_logits(student(x_l), target)
            with torch.no_grad():
                said = teacher(x_t)
            loss_cons = F.mse_loss(torch.sigmoid(student(x_s)), torch.sigmoid(said))
        optimiser.zero_grad()
        (loss_bce + loss_cons).backward()
        optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(*state_of, 0.1)
        return {"bce": loss_bce, "consistency": loss_cons}
    return step


def inference(request):
    settings = Settings(request)
    net, _ = segmentation(request, settings)
    net.eval()
    x, _ = batch_of(request, settings, "l")

    def predict():
        with torch.no_grad(), settings.precision:
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


STEPS = {"train_step": train_step, "s4gan_step": s4gan_step, "mlmt_step": mlmt_step, "inference": inference,
         "convolutions": convolutions}


def reset_peak():
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()  # what was tried on the way is not the work's
        torch.cuda.reset_peak_memory_stats()
        return
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


def memory():
    """Megabytes at the peak: on a card what tensors took and what was reserved for them, else the resident set."""
    if torch.cuda.is_initialized():
        return {"mem_mb": torch.cuda.max_memory_allocated() / 2 ** 20, "reserved_mb": torch.cuda.max_memory_reserved() / 2 ** 20}
    with open("/proc/self/status") as f:
        return {"mem_mb": next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))}


def wait():
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


run = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if "work" in request:
            run = None
            run = STEPS[request["work"]](request) if request["work"] in STEPS else prepare_op(request)
            values = run() or {}
            values = {name: value.item() for name, value in values.items()}
            for _ in range(request.get("warm_up", 0)):
                run()
            wait()
            reset_peak()
            answer = {"ready": True, "version": torch.__version__, "values": values}
        else:
            wait()
            start = time.perf_counter()
            for _ in range(request["time"]):
                run()
            wait()
            answer = {"ms": (time.perf_counter() - start) * 1000 / request["time"], **memory()}
    except Exception as error:  # compilers raise types of their own
        answer = {"error": f"{type(error).__name__}: {error}"[:2000]}
    print(json.dumps(answer), file=answers, flush=True)
