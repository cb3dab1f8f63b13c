"""Writes files/: small pictures with the traps of real ones, and expected.json, Pillow's RGB bytes of each. Run: python make_files.py

Pillow's reading is Image.open, ImageOps.exif_transpose, convert('RGB').
"""
import base64
import io
import json
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

from make_vectors import noise

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "files")
os.makedirs(FOLDER, exist_ok=True)


def icc_profile():
    """A matrix profile far from sRGB: linear, with red and blue primaries swapped."""
    s15 = lambda *v: b"".join(struct.pack(">i", round(x * 65536)) for x in v)
    xyz = lambda *v: b"XYZ \0\0\0\0" + s15(*v)
    linear = b"curv\0\0\0\0" + struct.pack(">I", 0)
    text = b"swapped\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"rTRC": linear, b"gTRC": linear, b"bTRC": linear,
    }
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + s15(0.9642, 1.0, 0.8249) + b"\0" * 48
    return head + struct.pack(">I", len(tags)) + table + body


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def save(name, image, **options):
    image.save(os.path.join(FOLDER, name), **options)


rgb = noise(1, 7 * 5 * 3).reshape(5, 7, 3)
rgba = np.dstack([rgb, np.array([0, 1, 64, 128, 254, 255, 0], np.uint8)[None, :].repeat(5, 0)])
save("rgb.png", Image.fromarray(rgb))
save("alpha.png", Image.fromarray(rgba, "RGBA"))
save("grey-alpha.png", Image.fromarray(rgba[..., 2:], "LA"))
palette = Image.fromarray(noise(2, 35).reshape(5, 7) % 16, "P")
palette.putpalette(noise(3, 48).tobytes())
save("palette.png", palette, transparency=bytes([0, 128, 255, 7]))
save("profile.png", Image.fromarray(rgb), icc_profile=icc_profile())
gamma = PngImagePlugin.PngInfo()
gamma.add(b"gAMA", struct.pack(">I", 100000))
save("gamma.png", Image.fromarray(rgb), pnginfo=gamma)

# Blocks of one colour, which JPEG preserves almost exactly. Orientation n tells how to turn the stored picture.
blocks = noise(4, 3 * 2 * 3).reshape(2, 3, 3).repeat(8, 0).repeat(8, 1)
upright = Image.fromarray(blocks)
undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
for n in range(1, 9):
    stored = upright.transpose(getattr(Image.Transpose, undo[n])) if n in undo else upright
    exif = Image.Exif()
    exif[0x0112] = n
    save(f"exif-{n}.jpg", stored, quality=100, subsampling=0, exif=exif)
save("profile.jpg", upright, quality=100, subsampling=0, icc_profile=icc_profile())

expected = {}
for name in sorted(os.listdir(FOLDER)):
    if name.endswith(".json"):
        continue
    image = ImageOps.exif_transpose(Image.open(os.path.join(FOLDER, name))).convert("RGB")
    expected[name] = {"width": image.width, "height": image.height, "rgb": base64.b64encode(image.tobytes()).decode()}
with open(os.path.join(FOLDER, "expected.json"), "w") as file:
    json.dump(expected, file, indent=2)
    file.write("\n")
