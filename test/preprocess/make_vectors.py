"""Writes vectors.json: what Pillow and OpenCV make of small images of noise. Run: python make_vectors.py > vectors.json

The image of a case is not stored: byte i is the top byte of `mix(seed + i)`, as `noise` in vectors.ts has it.
"""
import base64
import json

import cv2
import numpy as np
import PIL
from PIL import Image

# width, height -> width, height
SIZES = [
    (7, 5, 7, 5), (7, 5, 14, 10), (7, 5, 9, 16), (16, 16, 8, 8), (33, 21, 11, 7), (50, 37, 16, 12), (37, 50, 12, 16),
    (1, 1, 5, 3), (1, 9, 4, 4), (9, 1, 4, 4), (200, 3, 16, 2), (3, 200, 2, 16), (64, 48, 19, 48), (64, 48, 64, 11),
    (2, 2, 33, 17), (121, 90, 43, 32), (31, 29, 30, 28), (8, 8, 1, 1),
]


def noise(seed, count):
    x = (np.arange(count, dtype=np.uint64) + seed) * 0x9E3779B9 & 0xFFFFFFFF
    x ^= x >> 16
    x = x * 0x85EBCA6B & 0xFFFFFFFF
    x ^= x >> 13
    x = x * 0xC2B2AE35 & 0xFFFFFFFF
    x ^= x >> 16
    return (x >> 24).astype(np.uint8)


def resize(kernel, name, image, size):
    if kernel == "pillow":
        return np.asarray(Image.fromarray(image).resize(size, getattr(Image.Resampling, name.upper())))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if name == "bilinear" else cv2.INTER_CUBIC)


def main():
    # Intel's IPP, which the x86 wheels use for bicubic, is another implementation, off by up to one level from OpenCV's own.
    cv2.ipp.setUseIPP(False)
    cases = []
    for i, (w, h, out_w, out_h) in enumerate(SIZES):
        seed = 1000 * i
        image = noise(seed, w * h * 3).reshape(h, w, 3)
        for kernel in ("pillow", "opencv"):
            for name in ("bilinear", "bicubic"):
                out = resize(kernel, name, image, (out_w, out_h))
                cases.append({
                    "kernel": kernel, "filter": name, "seed": seed, "from": [w, h], "to": [out_w, out_h],
                    "bytes": base64.b64encode(out.tobytes()).decode(),
                })
    print(json.dumps({"pillow": PIL.__version__, "opencv": cv2.__version__, "cases": cases}, indent=0))


if __name__ == "__main__":
    main()
