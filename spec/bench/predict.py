"""PyTorch's side of predict.lua: labels the pictures of a folder and writes the same results: palette PNGs, shares of the classes and
how sure the network is. Prints one line of JSON for each pass: {"seconds": of the loop, after three pictures to warm up; "processor":
seconds of all threads and reading processes}.

    python predict.py PICTURES OUT CLASSES THREADS WORKERS PASSES
"""
import json
import os
import resource
import sys
import time

import torch
import torchvision
from PIL import Image

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
from formula import fill  # noqa: E402
from networks import DeepLab, ResNet  # noqa: E402

pictures, out, classes, threads, workers, passes = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
torch.set_num_threads(threads)
os.makedirs(out, exist_ok=True)
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
PALETTE = [i % 256 for i in range(768)]


class Pictures(torch.utils.data.Dataset):
    def __init__(self):
        self.names = sorted(os.listdir(pictures))

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        data = torchvision.io.read_file(os.path.join(pictures, self.names[i]))
        image = torchvision.io.decode_image(data, mode=torchvision.io.ImageReadMode.RGB)
        return (image.float() / 255 - MEAN) / STD, self.names[i]


def label(net, loader, most):
    found = {}
    for n, (x, names) in enumerate(loader):
        if n == most:
            break
        confidence, labels = net(x).softmax(1).max(1)
        flat = labels.view(-1)
        pixels = torch.bincount(flat, minlength=classes)
        sums = torch.bincount(flat, confidence.view(-1), minlength=classes)
        found[names[0]] = {"pixels": pixels.tolist(), "confidence": (sums / pixels.clamp(min=1)).tolist()}
        picture = Image.fromarray(labels[0].byte().numpy(), "L")
        picture.putpalette(PALETTE)
        picture.save(os.path.join(out, os.path.splitext(names[0])[0] + ".png"))
    with open(os.path.join(out, "predictions.json"), "w") as f:
        json.dump(found, f)


def processor():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


net = fill(DeepLab(ResNet("resnet18", 8), classes), "S.").eval()
with torch.inference_mode():
    label(net, torch.utils.data.DataLoader(Pictures()), 3)
    for _ in range(passes):
        start, used = time.perf_counter(), processor()
        label(net, torch.utils.data.DataLoader(Pictures(), num_workers=workers), len(Pictures()))
        print(json.dumps({"seconds": time.perf_counter() - start, "processor": processor() - used, "version": torch.__version__}),
              flush=True)
