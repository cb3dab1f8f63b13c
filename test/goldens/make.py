"""Makes the golden cases of this folder from PyTorch and the libraries; README.md says how.

    python test/goldens/make.py [--check] [group | group/name …]

A case is what its case.json says: an operator with its arguments, or a configuration of a network. What its folder lacks is made (weights
and input from the case's name, then the outputs), so that a case.json without files is a new case. Of a case that is there, weights and
input are read and the outputs computed once more. A file whose values differ by no more than TOLERANCE stays as it is, byte for byte:
sums in float64 come out in another order in each version of PyTorch. Any other file is written anew. --check writes nothing, and fails in its place.
"""
import argparse
import json
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'libraries'))
from packages import require  # noqa: E402

torch, numpy, safetensors = require('torch', 'numpy', 'safetensors.torch')
from generator import generate, spread  # noqa: E402
from golden_networks import CannotBuild, build, stage_outputs  # noqa: E402
from golden_ops import OPS, arrange  # noqa: E402

# Relative to the largest value of a tensor: an ulp or two of float32, to which results are rounded.
TOLERANCE = 3e-7


class Case:
    def __init__(self, path, check):
        self.path, self.folder, self.check = path, HERE / path, check
        self.text = (self.folder / 'case.json').read_text('utf8')
        self.spec = json.loads(self.text)
        self.written, self.worst = [], 0.0
        # Separate numbers for each case, whatever else is made.
        torch.manual_seed(zlib.crc32(path.encode()))

    def array(self, file, make):
        """A file of numbers that results depend on: the existing one, or a new one."""
        at = self.folder / file
        if not at.exists():
            if self.check:
                raise FileNotFoundError(f'{self.path}/{file}')
            self.save(file, make())
        return torch.from_numpy(numpy.load(at))

    def result(self, file, value):
        """A result in float64, rounded once. Returns its entry for case.json."""
        rounded = value.detach().numpy().astype(numpy.float32)
        absmax = float(value.abs().max())
        assert numpy.isfinite(rounded).all() and absmax > 0, f'{self.path}/{file} says nothing'
        at = self.folder / file
        known = numpy.load(at) if at.exists() else None
        if known is not None and known.shape == rounded.shape:
            off = float(numpy.abs(known.astype(numpy.float64) - rounded).max()) / absmax
            self.worst = max(self.worst, off)
            if off <= TOLERANCE:
                return {'file': file, 'shape': list(rounded.shape), 'absmax': absmax}
        self.save(file, rounded)
        return {'file': file, 'shape': list(rounded.shape), 'absmax': absmax}

    def save(self, file, values):
        self.written.append(file)
        if not self.check:
            numpy.save(self.folder / file, numpy.ascontiguousarray(values))

    def describe(self, **results):
        """Writes to case.json if a file was written or there was no entry. PyTorch's own float32 results change with its version."""
        if self.written or any(key not in self.spec for key in results):
            self.spec.update(results)
        if self.spec != json.loads(self.text):
            self.written.append('case.json')
            if not self.check:
                (self.folder / 'case.json').write_text(printed(self.spec), 'utf8')


def printed(spec):
    """The layout of the files: a line for each tensor of a full-size network."""
    tensors = spec.get('tensors')
    if not isinstance(tensors, list):
        return json.dumps(spec, indent=1) + '\n'
    rest = json.dumps({key: value for key, value in spec.items() if key != 'tensors'}, indent=1)
    return rest[:-2] + ',\n "tensors": [\n' + ',\n'.join(f'  {json.dumps(tensor)}' for tensor in tensors) + '\n ]\n}\n'


def make_op(case):
    spec = case.spec
    inputs = {}
    for name, entry in spec['inputs'].items():
        entry.setdefault('file', f'{name}.npy')
        inputs[name] = case.array(entry['file'], lambda: arrange(spec['op'], name, entry['shape']).numpy()).double()
    output = OPS[spec['op']](inputs, spec.get('attrs', {}))
    case.describe(output=case.result('output.npy', output))


def noise(name, tensor):
    """Weights of a new network: norms far from an identity, some negative scales, outputs of a comparable size."""
    if name.endswith('running_var'):
        return torch.rand_like(tensor) * 1.5 + 0.25
    if name.endswith('running_mean'):
        return torch.randn_like(tensor) * 0.3
    if tensor.dim() >= 2:
        return torch.randn_like(tensor) * (2 / max(1, tensor[0].numel())) ** 0.5
    if name.endswith('weight'):
        return (torch.rand_like(tensor) + 0.5) * torch.where(torch.rand_like(tensor) < 0.2, -1.0, 1.0)
    return torch.randn_like(tensor) * 0.3


def load_weights(case, model):
    spec = case.spec
    file = spec.setdefault('weights', {'safetensors': 'weights.safetensors'})['safetensors']
    at = case.folder / file
    if not at.exists():
        if case.check:
            raise FileNotFoundError(f'{case.path}/{file}')
        state = {name: noise(name, value) if value.is_floating_point() else value for name, value in model.state_dict().items()}
        safetensors.save_file({name: value.contiguous() for name, value in state.items()}, at)
        spec['tensors'] = len(state)
        case.written.append(file)
    model.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in safetensors.load_file(at).items()})


def run(case, model, x):
    """(outputs by out_index, logits or None) in float64, and the error of PyTorch's float32 for each."""
    with torch.no_grad():
        maps32, logits32 = stage_outputs(case.spec, model.float(), x.float())
        maps, logits = stage_outputs(case.spec, model.double(), x.double())
    error = lambda a, b: float((a.double() - b).abs().max())  # noqa: E731
    errors = {key: error(maps32[key], maps[key]) for key in maps}
    return maps, errors, logits, None if logits is None else error(logits32, logits)


def make_network(case):
    spec = case.spec
    model = build(spec)
    model.eval()
    load_weights(case, model)
    entry = spec['input']
    x = case.array(entry.setdefault('file', 'input.npy'), lambda: torch.randn(entry['shape']).numpy())
    maps, errors, logits, logits_error = run(case, model, x)
    outputs = [
        {'out_index': index, **case.result(f'out_{index}.npy', value), 'std': float(value.std()), 'f32_error': errors[index]}
        for index, value in maps.items()
    ]
    results = {'outputs': outputs}
    if logits is not None:
        results['logits'] = {**case.result('logits.npy', logits), 'f32_error': logits_error}
        case.result('scores.npy', logits.softmax(-1))
        results['scores'] = {'file': 'scores.npy', 'rule': 'softmax over classes'}
    case.describe(**results)


def make_full(case):
    """Full size: weights and input come from the generator, and stages are kept as probes."""
    spec = case.spec
    model = build(spec)
    model.eval()
    state = model.state_dict()
    if 'tensors' not in spec:
        named = [(name, value) for name, value in state.items() if value.is_floating_point()]
        # The generator multiplies by float32 numbers.
        spread_of = lambda name, value: [float(numpy.float32(one)) for one in spread(name, value.shape)]  # noqa: E731
        spec.update(
            seed=zlib.crc32(case.path.encode()),
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            input={**spec['input'], 'name': 'input', 'scale': 2.0, 'offset': 0.0},
            tensors=[[name, list(value.shape), *spread_of(name, value)] for name, value in named],
        )
        case.written.append('tensors')

    def values(name, shape, scale, offset):
        flat = generate(name, int(numpy.prod(shape)), numpy.float32(scale), offset, seed=spec['seed'])
        return torch.from_numpy(flat).reshape(shape)

    for name, shape, scale, offset in spec['tensors']:
        state[name].copy_(values(name, shape, scale, offset))
    model.load_state_dict(state)
    entry = spec['input']
    maps, _, logits, error = run(case, model, values(entry['name'], entry['shape'], entry['scale'], entry['offset']))
    top5 = logits[0].topk(min(5, logits.shape[1])).indices.tolist()
    described = {**case.result('logits.npy', logits), 'std': float(logits.std()), 'f32_error': error, 'top5': top5}
    known = {stage['out_index']: stage['probe'] for stage in spec.get('stages', [])}
    stages = [probed(index, value) for index, value in maps.items()]
    for stage in stages:
        for probe, before in zip(stage['probe'], known.get(stage['out_index'], [])):
            off = abs(probe - before) / stage['absmax']
            case.worst = max(case.worst, off)
            if off > TOLERANCE:
                case.written.append(f'probes of stage {stage["out_index"]}')
                break
    case.describe(logits=described, stages=stages)


def probed(index, value):
    flat = value.flatten()
    probe = [float(flat[(k * 7919 + 13) % flat.numel()].float()) for k in range(16)]
    return {'out_index': index, 'shape': list(value.shape), 'mean': float(flat.mean()), 'absmax': float(flat.abs().max()), 'probe': probe}


def make(path, check):
    group = path.split('/')[0]
    case = Case(path, check)
    if group == 'ops':
        make_op(case)
    elif group == 'full':
        make_full(case)
    else:
        make_network(case)
    return case


def cases_of(wanted):
    paths = sorted(str(file.parent.relative_to(HERE)) for file in HERE.glob('*/*/case.json') if file.parent.parent.name != 'preprocess')
    if 'preprocess' in [one.split('/')[0] for one in wanted]:
        print('preprocess: made with OpenCV; the vectors of test/preprocess have a script of their own (make_vectors.py)')
    chosen = [path for path in paths if not wanted or path in wanted or path.split('/')[0] in wanted]
    unknown = [one for one in wanted if one.split('/')[0] != 'preprocess' and not any(one in (path, path.split('/')[0]) for path in paths)]
    if unknown:
        sys.exit(f'no case.json for {", ".join(unknown)}')
    return chosen


def enter(path, spec):
    """The line for a new case in index.json."""
    file = HERE / 'index.json'
    index = json.loads(file.read_text('utf8'))
    if any(case['path'] == path for case in index['cases']):
        return
    config = spec.get('config', {})
    kind = {'op': spec['op']} if 'op' in spec else {'framework': spec['framework'], 'type': config.get('entrypoint') or config.get('backbone', config).get('type')}
    index['cases'] = sorted([*index['cases'], {'path': path, 'group': path.split('/')[0], **kind}], key=lambda case: case['path'])
    file.write_text(json.dumps(index, indent=1, ensure_ascii=False), 'utf8')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('cases', nargs='*')
    arguments = parser.parse_args()
    skipped, changed, same = {}, [], 0
    for path in cases_of(arguments.cases):
        try:
            case = make(path, arguments.check)
        except CannotBuild as error:
            skipped.setdefault(str(error), []).append(path)
            continue
        if case.written:
            changed.append(path)
            print(f'{path}: {"differs in" if arguments.check else "wrote"} {", ".join(case.written)} (off by {case.worst:.1e})')
            if not arguments.check:
                enter(path, case.spec)
        else:
            same += 1
            print(f'{path}: same{"" if case.worst == 0 else f" within {case.worst:.1e}"}')
    for reason, paths in skipped.items():
        print(f'Skipped {len(paths)} cases ({paths[0]}{", …" if len(paths) > 1 else ""}): {reason}')
    print(f'{same} as they are, {len(changed)} {"different" if arguments.check else "written"}, {sum(map(len, skipped.values()))} skipped')
    sys.exit(1 if arguments.check and changed else 0)


if __name__ == '__main__':
    main()
