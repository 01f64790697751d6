"""Pictures and label maps of a folder in PASCAL VOC's layout, as batches: augmented for training, whole for evaluation."""
import functools
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.transforms.functional as T
from PIL import Image, ImageOps

VOID = 255
BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)


class Pictures:
    """The files, and how their colours are normalised."""

    def __init__(self, root, normalise):
        self.root = root
        self.mean, self.std = (torch.tensor(normalise[k]).view(3, 1, 1) for k in ('mean', 'std'))
        self.image = functools.lru_cache(1024)(self.read_image)
        self.labels = functools.lru_cache(1024)(self.read_labels)

    def path(self, folders, name, endings):
        paths = [os.path.join(self.root, folder, name + ending) for folder in folders for ending in endings]
        found = next((path for path in paths if os.path.isfile(path)), None)
        if not found:
            raise SystemExit(f'there is no {paths[0]}; sets in PASCAL VOC\'s layout can be read')
        return found

    def read_image(self, name):
        """(3,H,W) bytes."""
        with Image.open(self.path(['JPEGImages'], name, ['.jpg', '.png', '.jpeg'])) as file:
            return torch.from_numpy(np.array(ImageOps.exif_transpose(file).convert('RGB'))).permute(2, 0, 1)

    def read_labels(self, name):
        """(H,W) bytes."""
        with Image.open(self.path(['SegmentationClass', 'SegmentationClassAug'], name, ['.png'])) as file:
            if file.mode not in ('P', 'L'):
                raise SystemExit(f'the label map of {name} has mode {file.mode}; those of palettes or grey can be read')
            return torch.from_numpy(np.array(file))

    def normalise(self, image):
        return (image - self.mean) / self.std


def resized(image, h, w):
    """(3,H,W) bytes -> (3,h,w) floats in [0,1]."""
    image = image.unsqueeze(0).float() / 255
    if image.shape[2:] != (h, w):
        image = F.interpolate(image, (h, w), mode='bilinear', antialias=True, align_corners=False)
    return image[0]


def nearest(labels, h, w):
    """Each of (h,w) pixels takes the label whose area holds its centre."""
    rows, columns = ((2 * torch.arange(n) + 1) * size // (2 * n) for n, size in zip((h, w), labels.shape))
    return labels[rows][:, columns]


def scaled(size, scale):
    return max(1, math.floor(size * scale + 0.5))


def sides(numbers):
    return numbers[0], numbers[-1]


class Augmentation:
    """A picture is scaled, a crop is cut out that lies inside if it can, mirrored, and its colours change.

    size: factor for all pictures, or resize: their common (height, width) instead; scale: (low, high) drawn on top of it.
    """

    def __init__(self, crop, size=1, resize=None, scale=(1, 1), mirror=True, jitter=None, blur=None):
        self.crop, self.size, self.resize, self.scale = sides(crop), size, resize and sides(resize), sides(scale)
        self.mirror, self.jitter, self.blur = mirror, jitter, blur

    def colours(self, image, rng):
        if self.jitter:
            factors = [rng.uniform(max(0, 1 - self.jitter[k]), 1 + self.jitter[k]) for k in ('brightness', 'contrast', 'saturation')]
            factors.append(rng.uniform(-self.jitter['hue'], self.jitter['hue']))
            adjust = {BRIGHTNESS: T.adjust_brightness, CONTRAST: T.adjust_contrast, SATURATION: T.adjust_saturation, HUE: T.adjust_hue}
            for kind in rng.permutation(4):
                image = adjust[int(kind)](image, factors[kind])
        if self.blur:
            sigma = rng.uniform(*self.blur)
            image = T.gaussian_blur(image, 2 * math.ceil(3 * sigma) + 1, sigma)
        return image

    def __call__(self, pictures, name, with_labels, rng):
        """-> image (3,h,w) normalised, labels (h,w) or None, inside (h,w): False beside the picture."""
        image, labels = pictures.image(name), pictures.labels(name) if with_labels else None
        scale = self.size * rng.uniform(*self.scale)
        h, w = (scaled(n, scale) for n in self.resize or image.shape[1:])
        crop_h, crop_w = self.crop
        y, x = (int(rng.integers(0, max(0, n - c), endpoint=True)) for n, c in zip((h, w), self.crop))
        mirror = self.mirror and rng.random() < 0.5

        def cut(t):
            t = t[..., y:y + crop_h, x:x + crop_w]
            return t.flip(-1) if mirror else t

        def padded(t, value):
            beside = crop_w - t.shape[-1]
            return F.pad(t, (beside if mirror else 0, 0 if mirror else beside, 0, crop_h - t.shape[-2]), value=value)
        image = pictures.normalise(self.colours(cut(resized(image, h, w)), rng))
        inside = padded(torch.ones(image.shape[1:], dtype=torch.bool), False)
        labels = padded(cut(nearest(labels, h, w)), VOID).long() if with_labels else None
        return padded(image, 0), labels, inside


def batches(pictures, names, size, seed, *augmentations, with_labels=False):
    """Endless batches: for each augmentation (images, labels, inside) of the same pictures, and their names. Each epoch has an order
    of its own."""
    rng, order = np.random.default_rng(seed), []
    while True:
        while len(order) < size:
            order += [names[i] for i in rng.permutation(len(names))]
        taken, order = order[:size], order[size:]
        views = []
        for augment in augmentations:
            images, labels, inside = zip(*(augment(pictures, name, with_labels, rng) for name in taken))
            views.append((torch.stack(images), torch.stack(labels) if with_labels else None, torch.stack(inside)))
        yield views, taken


def whole(pictures, name, size, stride):
    """(1,3,h,w): a picture with sides of stride * k + 1, where the cells of a network lie from corner to corner."""
    image = pictures.image(name)
    h, w = (max(1, math.floor((scaled(n, size) - 1) / stride + 0.5)) * stride + 1 for n in image.shape[1:])
    return pictures.normalise(resized(image, h, w)).unsqueeze(0)
