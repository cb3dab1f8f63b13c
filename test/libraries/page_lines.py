"""Runs the Python lines that the page's tab "Your own classes" gives, and compares their answers with the page's.

    python test/libraries/page_lines.py FOLDER

FOLDER holds code.py (the lines as the page shows them), classes.safetensors, photos, and expected.json: {photo: {label: probability}}.
test/gpu/page-lines.test.ts makes such a folder and calls this where torch, torchvision, safetensors and Pillow are installed.
Exits with 1 where a probability is off by more than 1e-3.
"""
import contextlib
import io
import json
import os
import sys

LIMIT = 1e-3


def answers(code):
    """The probabilities that the lines print, by label."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, 'code.py', 'exec'), {})
    lines = [line.split(' ', 1) for line in out.getvalue().splitlines()]
    return {label: float(share) for share, label in lines}


os.chdir(sys.argv[1])
with open('code.py', encoding='utf-8') as file:
    lines = file.read()
with open('expected.json', encoding='utf-8') as file:
    expected = json.load(file)
worst = 0
for photo, probabilities in expected.items():
    given = answers(lines.replace("'photo.jpg'", repr(photo)))
    assert given.keys() == probabilities.keys(), (given, probabilities)
    off = max(abs(given[label] - probability) for label, probability in probabilities.items())
    print(f'{photo}: {given}, off by {off:.1e}')
    worst = max(worst, off)
sys.exit(0 if expected and worst <= LIMIT else 1)
