"""Writes the small files of this folder: python make.py (torch 2.14, numpy 2, joblib 1.5; any other will do).
One network of five layers in every form that people save. expected.json has its state dict as sums."""
import copy, io, json, pickle, sys, types, zipfile
import joblib, numpy, torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, stride=2, padding=2, dilation=2, bias=False)
        self.bn = nn.BatchNorm2d(3, eps=0.001)
        self.act = nn.LeakyReLU(0.2)
        self.kinds = ('a', 'b')
        self.register_buffer('scale', torch.ones(1), persistent=False)

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.drop = nn.Dropout(0.3)
        self.norm = nn.GroupNorm(3, 3)
        self.fc = nn.Linear(3, 2)
        self.fc.half_done = None

    def forward(self, x):
        return self.fc(self.norm(self.drop(self.pool(self.block(x)))).mean((2, 3)))


class Learner:
    def __init__(self, model):
        self.model, self.vocab, self.opt = model, ['cat', 'dog'], None
        self.itself = self


class Averaged:
    def __init__(self, model):
        self.ema, self.updates = model, 5


torch.manual_seed(0)
module = types.ModuleType('models'); sys.modules['models'] = module
for c in (Block, Net, Learner, Averaged): c.__module__ = 'models'; c.__qualname__ = c.__name__; setattr(module, c.__name__, c)
net = Net().eval()
with torch.no_grad():
    for i, p in enumerate(list(net.parameters()) + [b for b in net.buffers() if b.is_floating_point()]): p.copy_(torch.arange(p.numel()).reshape(p.shape) / 8 + i)
x = torch.randn(1, 2, 9, 9)
sd = net.state_dict()
arrays = {k: v.numpy() for k, v in sd.items()}
torch.save(net, 'whole.pth')
torch.save(net, 'whole-legacy.pth', _use_new_zipfile_serialization=False)
torch.save(nn.DataParallel(net), 'whole-parallel.pth')
torch.save({'model': copy.deepcopy(net).half(), 'ema': None, 'epoch': -1}, 'whole-half.pth')
torch.save(torch.compile(net), 'whole-compiled.pth')
torch.save(Learner(net), 'learner.pth')
torch.save({'ema': Averaged(net), 'date': 'today'}, 'averaged.pth')
torch.jit.script(net).save('scripted.pt')
torch.jit.trace(net, x).save('traced.pt')
torch.jit.freeze(torch.jit.trace(net, x)).save('frozen.pt')
torch.jit.script(net)._save_for_lite_interpreter('mobile.ptl')
for protocol in (2, 4, 5):
    with open(f'arrays-{protocol}.pkl', 'wb') as f: pickle.dump({'model': arrays, 'names': numpy.array(['läma', 'b']), 'best': numpy.float32(0.5)}, f, protocol)
    with open(f'tensors-{protocol}.pkl', 'wb') as f: pickle.dump(sd, f, protocol)
with open('whole.pkl', 'wb') as f: pickle.dump(net, f)
torch.save(arrays, 'arrays.pth')
joblib.dump(arrays, 'arrays.joblib')
joblib.dump(sd, 'tensors.joblib')
joblib.dump(arrays, 'arrays-z.joblib', compress=3)
odd = {**arrays, 'block.conv.weight': numpy.asfortranarray(arrays['block.conv.weight']), 'fc.weight': arrays['fc.weight'].astype('>f8')}
numpy.savez_compressed('arrays.npz', **odd)
numpy.save('arrays.npy', odd, allow_pickle=True)
json.dump({k: [list(v.shape), float(v.double().sum())] for k, v in sd.items()}, open('expected.json', 'w'), indent=1)

# TorchScript's debug tables are two thirds of its archives, and nobody reads them.
for name in ('scripted.pt', 'traced.pt', 'frozen.pt', 'mobile.ptl'):
    old = zipfile.ZipFile(name); parts = [(n, old.read(n)) for n in old.namelist() if not n.endswith('.debug_pkl')]
    with zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED) as new:
        for n, content in parts: new.writestr(n, content)
torch.export.save(torch.export.export(net, (x,)), 'exported.pt2')
old = zipfile.ZipFile('exported.pt2'); parts = [(n, old.read(n)) for n in old.namelist() if 'sample_inputs' not in n]
with zipfile.ZipFile('exported.pt2', 'w', zipfile.ZIP_DEFLATED) as new:
    for n, content in parts: new.writestr(n, content)
