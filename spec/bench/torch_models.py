"""The networks of hilo in PyTorch, with torchvision's parameter names: what the benchmark and the golden values compare with."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, planes_in, planes, stride, dilation, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(planes_in, planes, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, planes_in, planes, stride, dilation, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(planes_in, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        self.downsample = downsample

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return F.relu(y, inplace=True)


KINDS = {"resnet18": (BasicBlock, (2, 2, 2, 2)), "resnet34": (BasicBlock, (3, 4, 6, 3)),
         "resnet50": (Bottleneck, (3, 4, 6, 3)), "resnet101": (Bottleneck, (3, 4, 23, 3))}


class ResNet(nn.Module):
    """Features of a ResNet; output stride 8 keeps stages 3 and 4 at stride 1 with dilation 2 and 4."""

    def __init__(self, kind, output_stride=8):
        super().__init__()
        block, depths = KINDS[kind]
        self.planes = 64
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        strides = {8: (1, 2, 1, 1), 16: (1, 2, 2, 1), 32: (1, 2, 2, 2)}[output_stride]
        dilations = {8: (1, 1, 2, 4), 16: (1, 1, 1, 2), 32: (1, 1, 1, 1)}[output_stride]
        for i in range(4):
            stage = self.stage(block, 64 << i, depths[i], strides[i], dilations[i])
            setattr(self, f"layer{i + 1}", stage)

    def stage(self, block, planes, depth, stride, dilation):
        out = planes * block.expansion
        downsample = None
        if stride != 1 or self.planes != out:
            downsample = nn.Sequential(nn.Conv2d(self.planes, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        blocks = [block(self.planes, planes, stride, dilation, downsample)]
        self.planes = out
        blocks += [block(out, planes, 1, dilation, None) for _ in range(depth - 1)]
        return nn.Sequential(*blocks)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class DeepLab(nn.Module):
    """DeepLab-v2: four dilated 3x3 convolutions of the features, summed, upsampled to the input's size."""

    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = ResNet(backbone, 8)
        self.aspp = nn.ModuleList([nn.Conv2d(self.backbone.planes, classes, 3, 1, d, d) for d in (6, 12, 18, 24)])

    def forward(self, x):
        f = self.backbone(x)
        y = sum(conv(f) for conv in self.aspp)
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=True)


class Discriminator(nn.Module):
    """Logit of "this map is a real label", and the features before it."""

    def __init__(self, classes, dropout=0.5):
        super().__init__()
        channels = (classes + 3, 64, 128, 256, 512)
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 4, 2, 1) for a, b in zip(channels, channels[1:])])
        self.fc = nn.Linear(512, 1)
        self.dropout = dropout

    def forward(self, maps, image):
        x = torch.cat((maps, image), 1)
        for i, conv in enumerate(self.convs):
            x = F.leaky_relu(conv(x), 0.2, inplace=True)
            if i < 3:
                x = F.dropout2d(x, self.dropout, self.training)
        f = x.mean((2, 3))
        return self.fc(f), f


class Classifier(nn.Module):
    """Scores of the classes that an image contains, as logits."""

    def __init__(self, backbone, classes):
        super().__init__()
        self.backbone = ResNet(backbone, 32)
        self.fc = nn.Linear(self.backbone.planes, classes)

    def forward(self, x):
        return self.fc(self.backbone(x).mean((2, 3)))
