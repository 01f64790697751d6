#!/usr/bin/env python3
"""Writes spec/golden/images: tiny files of every kind, and for each the PNG that it must look like (as RGB).

    python3 spec/golden/make_images.py      needs Pillow, ImageMagick (convert) and libtiff-tools (tiffcp)
"""
import os, struct, subprocess
from PIL import Image

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'images')
os.makedirs(out, exist_ok=True)
W, H = 21, 10

def make(mode, f):
    image = Image.new(mode, (W, H))
    image.putdata([f(x, y) for y in range(H) for x in range(W)])
    return image

rgb = make('RGB', lambda x, y: (x * 12, y * 25, (x * 7 + y * 31) % 256))
rgba = make('RGBA', lambda x, y: (x * 12, y * 25, (x * 7 + y * 31) % 256, 255 - x * 5))
grey = make('L', lambda x, y: (x * 12 + y) % 256)
bilevel = make('1', lambda x, y: 255 * ((x // 3 + y // 2) % 2))
colours = [((i * 47) % 256, (i * 101) % 256, 255 - i * 13) for i in range(16)]
palette = make('P', lambda x, y: (x // 2 + y // 3) % 16)
palette.putpalette([v for c in colours for v in c])

def path(name): return os.path.join(out, name)
def expect(name, image): image.convert('RGB').save(path(name + '.png'), optimize=True)

def save(name, image, expected=None, **options):
    image.save(path(name), **options)
    expect(name, expected or image)

def tool(name, expected, *words):
    subprocess.run([w.replace('OUT', path(name)) for w in words], check=True)
    expect(name, expected)

# ---- BMP ----

def bmp(name, bits, rows, expected, compression=0, colours=(), masks=(), height=H, header=40, core=False):
    """rows: the pixels' bytes. Masks follow a header of 40 bytes or lie within a longer one."""
    entries = b''.join(struct.pack('<3B' if core else '<4B', c[2], c[1], c[0], *([] if core else [0])) for c in colours)
    fields = b''.join(struct.pack('<I', m) for m in masks)
    if core:
        head = struct.pack('<IHHHH', 12, W, height, 1, bits)
    else:
        head = struct.pack('<IiiHHIIiiII', header, W, height, 1, bits, compression, len(rows), 2835, 2835, len(colours), 0) + fields
        head += b'\0' * (header - len(head))
    start = 14 + len(head) + len(entries)
    with open(path(name), 'wb') as f:
        f.write(b'BM' + struct.pack('<IHHI', start + len(rows), 0, 0, start) + head + entries + rows)
    expect(name, expected)

def padded(row): return row + b'\0' * (-len(row) % 4)
def indices(y): return [palette.getpixel((x, y)) for x in range(W)]
def nibbles(v): return bytes(v[i] << 4 | (v[i + 1] if i + 1 < len(v) else 0) for i in range(0, len(v), 2))
up = list(reversed(range(H)))

save('bits1.bmp', bilevel)
save('bits8.bmp', palette)
save('bits24.bmp', rgb)
save('bits32.bmp', rgba, expected=rgb)
bmp('bits4.bmp', 4, b''.join(padded(nibbles(indices(y))) for y in up), palette, colours=colours)
bmp('core8.bmp', 8, b''.join(padded(bytes(indices(y))) for y in up), palette, colours=colours, core=True)
bmp('top_down.bmp', 24, b''.join(padded(bytes(v for x in range(W) for v in reversed(rgb.getpixel((x, y))))) for y in range(H)), rgb, height=-H)

def five(r, g, b, green): return (r >> 3) << (5 + green) | (g >> (8 - green)) << 5 | b >> 3
def back(v, bits): return (v * 255 * 2 + (1 << bits) - 1) // (2 * ((1 << bits) - 1))
def rounded(green): return make('RGB', lambda x, y: tuple(back(v >> (8 - n), n) for v, n in zip(rgb.getpixel((x, y)), (5, green, 5))))
def words(green): return b''.join(padded(b''.join(struct.pack('<H', five(*rgb.getpixel((x, y)), green)) for x in range(W))) for y in up)
bmp('bits16.bmp', 16, words(5), rounded(5))
bmp('fields565.bmp', 16, words(6), rounded(6), compression=3, masks=(0xf800, 0x7e0, 0x1f))
def fields32(y): return b''.join(struct.pack('<I', r << 24 | g << 16 | b << 8 | a) for r, g, b, a in (rgba.getpixel((x, y)) for x in range(W)))
bmp('fields32.bmp', 32, b''.join(fields32(y) for y in up), rgb, compression=3, masks=(0xff000000, 0xff0000, 0xff00, 0xff), header=56)

def runs(row):
    """Runs of equal pixels, and stretches of single ones as they are."""
    groups = []
    for v in row:
        if groups and groups[-1][0] == v: groups[-1][1] += 1
        else: groups.append([v, 1])
    return groups
rle8 = b''
for y in up:
    row = indices(y)
    rle8 += bytes([0, 5]) + bytes(row[:5]) + b'\0' + b''.join(bytes([n, v]) for v, n in runs(row[5:])) + b'\0\0'
bmp('rle8.bmp', 8, rle8 + b'\0\1', palette, compression=1, colours=colours)
rle4 = b''
for y in up:
    row = indices(y)
    rle4 += bytes([0, 5]) + nibbles(row[:5]) + b'\0' + b''.join(bytes([n, v << 4 | v]) for v, n in runs(row[5:])) + b'\0\0'
bmp('rle4.bmp', 4, rle4 + b'\0\1', palette, compression=2, colours=colours)
# Two rows are stepped over, two pixels each are drawn, the rest is colour 0.
stepped = make('P', lambda x, y: 3 if (x in (4, 5) and y == H - 3) or (x in (0, 1) and y == H - 4) else 0)
stepped.putpalette([v for c in colours for v in c])
bmp('rle8_steps.bmp', 8, bytes([0, 2, 4, 2, 2, 3, 0, 0, 2, 3, 0, 1]), stepped, compression=1, colours=colours)

# ---- WebP ----

save('lossless.webp', rgb, lossless=True)
save('alpha.webp', rgba, expected=rgb, lossless=True, exact=True)
rgb.save(path('lossy.webp'), quality=90)
expect('lossy.webp', Image.open(path('lossy.webp')))
rgb.save(path('animated.webp'), save_all=True, append_images=[rgb.rotate(180)], lossless=True)

# ---- TIFF ----

for name in 'raw', 'tiff_lzw', 'tiff_adobe_deflate', 'packbits', 'zstd', 'lzma':
    save('rgb_%s.tif' % name.replace('tiff_', ''), rgb, compression=name)
save('rgba.tif', rgba, expected=rgb)
save('grey.tif', grey, compression='tiff_lzw')
save('palette.tif', palette)
save('bilevel_group4.tif', bilevel, compression='group4')
cmyk = make('CMYK', lambda x, y: (x * 12, y * 25, (x * 7 + y * 31) % 256, (x * y) % 256))
def ink(c, k): return ((255 - c) * (255 - k) * 2 + 255) // 510
def dry(p): return tuple(ink(v, p[3]) for v in p[:3])
save('cmyk.tif', cmyk, expected=make('RGB', lambda x, y: dry(cmyk.getpixel((x, y)))))
gentle = make('CMYK', lambda x, y: (x * 12, y * 25, 128, x * 5))
save('cmyk.jpg', gentle, expected=make('RGB', lambda x, y: dry(gentle.getpixel((x, y)))), quality=98, subsampling=0)
dim = make('L', lambda x, y: x * 8 + y * 5)
save('grey.jpg', dim, quality=98)
rgb.save(path('jpeg.tif'), compression='jpeg', quality=95)
expect('jpeg.tif', Image.open(path('jpeg.tif')))
source = path('rgb_raw.tif')
tool('tiles.tif', rgb, 'tiffcp', '-t', '-w', '16', '-l', '16', '-c', 'lzw', source, 'OUT')
tool('planes.tif', rgb, 'tiffcp', '-p', 'separate', '-r', '3', source, 'OUT')
tool('planes_tiles.tif', rgb, 'tiffcp', '-p', 'separate', '-t', '-w', '16', '-l', '16', '-c', 'zip', source, 'OUT')
tool('predictor.tif', rgb, 'tiffcp', '-c', 'lzw:2', '-r', '4', source, 'OUT')
tool('big.tif', rgb, 'tiffcp', '-8', '-B', source, 'OUT')

def grey_tiff(name, bits, f, white_is_zero=False):
    """A grey TIFF of any number of bits, by hand; big-endian."""
    most, rows = (1 << bits) - 1, b''
    for y in range(H):
        v, n = 0, 0
        for x in range(W): v, n = v << bits | f(x, y), n + bits
        rows += (v << (-n % 8)).to_bytes((n + 7) // 8, 'big')
    tags = [(256, 3, W), (257, 3, H), (258, 3, bits), (259, 3, 1), (262, 3, 0 if white_is_zero else 1), (273, 4, 8), (277, 3, 1), (278, 3, H), (279, 4, len(rows))]
    ifd = struct.pack('>H', len(tags)) + b''.join(struct.pack('>HHI', t, k, 1) + (struct.pack('>HH', v, 0) if k == 3 else struct.pack('>I', v)) for t, k, v in tags)
    with open(path(name), 'wb') as file: file.write(b'MM\0*' + struct.pack('>I', 8 + len(rows)) + rows + ifd + b'\0\0\0\0')
    def seen(x, y):
        v = most - f(x, y) if white_is_zero else f(x, y)
        return (v * 255 * 2 + most) // (2 * most)
    expect(name, make('L', seen))
for bits in 1, 2, 3, 4, 8, 12, 16: grey_tiff('grey%d.tif' % bits, bits, lambda x, y: (x * 2891 + y * 7919) % (1 << bits))
grey_tiff('white_is_zero.tif', 8, lambda x, y: x * 12, white_is_zero=True)
grey_tiff('labels16.tif', 16, lambda x, y: (7, 300, 65535)[(x // 7) % 3])
Image.new('F', (4, 4)).save(path('float.tif'))
rgb.save(path('pages.tif'), save_all=True, append_images=[rgb.rotate(180)])
expect('pages.tif', rgb)

# ---- EXIF orientation: all stored so that they look like `rgb` once turned ----

undo = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
        6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}
smooth = make('RGB', lambda x, y: (x * 12, y * 25, 128))
for number, how in undo.items():
    stored = rgb if how is None else rgb.transpose(how)
    exif = Image.Exif()
    exif[0x112] = number
    save('turned%d.png' % number, stored, expected=rgb, exif=exif)
    if number in (3, 6):
        save('turned%d.webp' % number, stored, expected=rgb, exif=exif, lossless=True)
        save('turned%d.tif' % number, stored, expected=rgb, tiffinfo={274: number})
        (smooth.transpose(how)).save(path('turned%d.jpg' % number), exif=exif, quality=98, subsampling=0)
        expect('turned%d.jpg' % number, smooth)
