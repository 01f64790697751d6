"""The networks of hilo in PyTorch, with torchvision's parameter names: what golden values and the benchmark compare with."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    """Two 3x3 convolutions, or with bottleneck 1x1, 3x3, 1x1; stride_on names the convolution of a bottleneck that strides."""

    def __init__(self, planes_in, planes, stride, dilation, bottleneck, stride_on):
        super().__init__()
        self.planes = 4 * planes if bottleneck else planes
        on_first = bottleneck and stride_on == '1x1'

        def conv(a, b, kernel, stride=1):
            d = dilation if kernel == 3 else 1
            return nn.Conv2d(a, b, kernel, stride, (kernel // 2) * d, d, bias=False)
        if bottleneck:
            self.conv1 = conv(planes_in, planes, 1, stride if on_first else 1)
            self.bn1 = nn.BatchNorm2d(planes)
            self.conv2 = conv(planes, planes, 3, 1 if on_first else stride)
            self.bn2 = nn.BatchNorm2d(planes)
            self.conv3 = conv(planes, self.planes, 1)
            self.bn3 = nn.BatchNorm2d(self.planes)
        else:
            self.conv1 = conv(planes_in, planes, 3, stride)
            self.bn1 = nn.BatchNorm2d(planes)
            self.conv2 = conv(planes, planes, 3)
            self.bn2 = nn.BatchNorm2d(planes)
        self.bottleneck, self.downsample = bottleneck, None
        if stride != 1 or planes_in != self.planes:
            self.downsample = nn.Sequential(conv(planes_in, self.planes, 1, stride), nn.BatchNorm2d(self.planes))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        if self.bottleneck:
            y = self.bn3(self.conv3(F.relu(y, inplace=True)))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


KINDS = {'resnet18': (False, (2, 2, 2, 2)), 'resnet34': (False, (3, 4, 6, 3)), 'resnet50': (True, (3, 4, 6, 3)),
         'resnet101': (True, (3, 4, 23, 3))}
# (stride, dilation) of the stages, by output stride
PLANS = {8: ((1, 1), (2, 1), (1, 2), (1, 4)), 16: ((1, 1), (2, 1), (2, 1), (1, 2)), 32: ((1, 1), (2, 1), (2, 1), (2, 1))}


class ResNet(nn.Module):
    """The features of the last stage, or with `classes` the logits of a classifier."""

    def __init__(self, kind, output_stride=8, classes=None, width=64, stride_on='3x3', low=False):
        super().__init__()
        self.low = low
        bottleneck, depths = KINDS[kind]
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        planes = width
        for i, (depth, (stride, dilation)) in enumerate(zip(depths, PLANS[output_stride])):
            blocks = []
            for k in range(depth):
                blocks.append(Block(planes, width << i, stride if k == 0 else 1, dilation, bottleneck, stride_on))
                planes = blocks[-1].planes
            if i == 0:
                self.low_planes = planes
            setattr(self, f'layer{i + 1}', nn.Sequential(*blocks))
        self.planes = planes
        self.fc = nn.Linear(planes, classes) if classes else None

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        low = self.layer1(x)
        x = self.layer4(self.layer3(self.layer2(low)))
        if self.low:
            return x, low
        return self.fc(x.mean((2, 3))) if self.fc else x


class DeepLab(nn.Module):
    """DeepLab-v2: dilated 3x3 convolutions of the features, summed, upsampled to the input's size."""

    def __init__(self, backbone, classes, branches=4):
        super().__init__()
        self.backbone = backbone
        self.head = nn.ModuleList([nn.Conv2d(backbone.planes, classes, 3, 1, d, d) for d in (6, 12, 18, 24)[:branches]])

    def logits(self, x):
        f = self.backbone(x)
        y = self.head[0](f)
        for conv in self.head[1:]:
            y = y + conv(f)
        return y

    def forward(self, x):
        return F.interpolate(self.logits(x), x.shape[2:], mode='bilinear', align_corners=True)


class LargeFOV(nn.Module):
    """A branch of DeepLab-v2's head for VGG-16."""

    def __init__(self, planes, wide, classes, dilation):
        super().__init__()
        self.fc6 = nn.Conv2d(planes, wide, 3, 1, dilation, dilation)
        self.fc7 = nn.Conv2d(wide, wide, 1)
        self.fc8 = nn.Conv2d(wide, classes, 1)

    def forward(self, x):
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(x)))))


class LargeFOVNet(nn.Module):
    """DeepLab-v2 on VGG-16."""

    def __init__(self, backbone, classes, wide, dilations):
        super().__init__()
        self.backbone = backbone
        self.head = nn.ModuleList([LargeFOV(backbone.planes, wide, classes, d) for d in dilations])

    def forward(self, x):
        f = self.backbone(x)
        return F.interpolate(sum(branch(f) for branch in self.head), x.shape[2:], mode='bilinear', align_corners=True)


def conv_bn(planes_in, planes, kernel, dilation=1):
    return nn.Sequential(nn.Conv2d(planes_in, planes, kernel, 1, kernel // 2 * dilation, dilation, bias=False), nn.BatchNorm2d(planes))


class PyramidPooling(nn.Module):
    def __init__(self, planes_in, planes, rates):
        super().__init__()
        self.convs = nn.ModuleList([conv_bn(planes_in, planes, 1)] + [conv_bn(planes_in, planes, 3, r) for r in rates])
        self.convs.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), *conv_bn(planes_in, planes, 1)))
        self.project = conv_bn(5 * planes, planes, 1)

    def forward(self, x):
        parts = [F.relu(conv(x)) for conv in self.convs]
        parts[-1] = parts[-1].expand(-1, -1, *x.shape[2:])
        return F.relu(self.project(torch.cat(parts, 1)))


class Decoder(nn.Module):
    def __init__(self, backbone, planes, low, classes, rates):
        super().__init__()
        self.aspp = PyramidPooling(backbone.planes, planes, rates)
        self.low = conv_bn(backbone.low_planes, low, 1)
        self.refine1 = conv_bn(planes + low, planes, 3)
        self.refine2 = conv_bn(planes, planes, 3)
        self.classify = nn.Conv2d(planes, classes, 1)

    def forward(self, f, low):
        low = F.relu(self.low(low))
        f = F.interpolate(self.aspp(f), low.shape[2:], mode='bilinear', align_corners=True)
        return self.classify(F.relu(self.refine2(F.relu(self.refine1(torch.cat((f, low), 1))))))


class DeepLab3Plus(nn.Module):
    """DeepLab-v3+ without its dropout; the backbone gives two features."""

    def __init__(self, backbone, classes, rates, planes=256, low=48):
        super().__init__()
        self.backbone = backbone
        self.head = Decoder(backbone, planes, low, classes, rates)

    def forward(self, x):
        return F.interpolate(self.head(*self.backbone(x)), x.shape[2:], mode='bilinear', align_corners=True)


class Discriminator(nn.Module):
    """Logit of "this map is a real label" (N), and the features before it (N,8*channels)."""

    def __init__(self, classes, dropout=0.5, channels=64):
        super().__init__()
        planes = classes + 3
        for i in range(4):
            setattr(self, f'conv{i + 1}', nn.Conv2d(planes, channels << i, 4, 2, 1))
            planes = channels << i
        self.fc = nn.Linear(planes, 1)
        self.dropout = dropout

    def forward(self, x):
        for i in range(4):
            x = F.leaky_relu(getattr(self, f'conv{i + 1}')(x), 0.2, inplace=True)
            if i < 3 and self.dropout > 0:
                x = F.dropout2d(x, self.dropout, self.training)
        f = x.mean((2, 3))
        return self.fc(f).view(-1), f


def freeze_affine(net):
    """Fixes scale and shift of batch normalisation, while its running statistics move."""
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.weight.requires_grad_(False)
            m.bias.requires_grad_(False)
    return net


def one_hot(labels, classes, dtype=torch.float32):
    """(N,C,H,W); the column of a void pixel, 255, is zero."""
    return F.one_hot(labels.clamp(max=classes - 1), classes).permute(0, 3, 1, 2).to(dtype) * (labels != 255).unsqueeze(1)


def unit_range(images):
    """Each image scaled to [0,1] by its own range."""
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-8)


def real_map(labels, images, shown, classes):
    """What D sees of a label map: one-hot, zero where `shown` (N,1,H,W) is 0, beside its image."""
    return torch.cat((one_hot(labels, classes) * shown, unit_range(images)), 1)


def fake_map(logits, images, shown):
    """What D sees of a predicted map."""
    return torch.cat((F.softmax(logits, 1) * shown, unit_range(images)), 1)
