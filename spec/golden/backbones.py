"""torchvision's VGG-16 and MobileNet-v2, narrow, at any output stride: what golden values compare with."""
import torch.nn as nn
from torchvision.models import mobilenet_v2
from torchvision.models.vgg import VGG, make_layers


def vgg16(output_stride, width=64, classes=None):
    """Features, and with `classes` torchvision's classifier, as wide in proportion."""
    w = width
    layers = [w, w, 'M', 2 * w, 2 * w, 'M', 4 * w, 4 * w, 4 * w, 'M', 8 * w, 8 * w, 8 * w, 'M', 8 * w, 8 * w, 8 * w, 'M']
    net = VGG(make_layers(layers))
    size = 1
    for i, layer in enumerate(net.features):
        if isinstance(layer, nn.Conv2d):
            d = max(1, size // output_stride)
            layer.dilation = layer.padding = (d, d)
        if isinstance(layer, nn.MaxPool2d):
            if size >= output_stride:
                net.features[i] = nn.MaxPool2d(3, 1, 1)
            size *= 2
    net.planes, net.low_planes, net.low_at = 8 * w, 4 * w, 15
    if classes:
        wide = 64 * w
        net.classifier = nn.Sequential(nn.Linear(8 * w * 49, wide), nn.ReLU(), nn.Identity(), nn.Linear(wide, wide), nn.ReLU(),
                                       nn.Identity(), nn.Linear(wide, classes))
        return net
    del net.classifier
    return net


def mobilenet(output_stride, width=64, classes=None):
    """Features up to the last block, or with `classes` all of it."""
    net = mobilenet_v2(num_classes=classes or 1000, width_mult=width / 64, dropout=0)
    size, dilation = 1, 1
    for layer in net.features:
        convs = [m for m in layer.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
        for conv in convs:
            d = dilation
            if conv.stride == (2, 2) and size == output_stride:
                conv.stride, dilation = (1, 1), 2 * dilation
            size *= conv.stride[0]
            conv.dilation = conv.padding = (d, d)
    if not classes:
        net.features = net.features[:-1]
        del net.classifier
    net.planes = net.features[17].conv[-1].num_features
    net.low_planes, net.low_at = net.features[3].conv[-1].num_features, 3
    return net


class Features(nn.Module):
    """The features of a torchvision network, and with `low` those at a quarter of the images' size beside them."""

    def __init__(self, net, low=False):
        super().__init__()
        self.features, self.planes, self.low_planes, self.low_at, self.low = net.features, net.planes, net.low_planes, net.low_at, low

    def forward(self, x):
        for i, layer in enumerate(self.features):
            x = layer(x)
            if i == self.low_at:
                low = x
        return (x, low) if self.low else x
