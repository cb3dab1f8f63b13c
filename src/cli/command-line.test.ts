import { describe, expect, it } from 'vitest';
import { commandOf, parse, UsageError } from './command-line.ts';

describe('parse', () => {
  it('fills in what classify is not told', () => {
    expect(parse(['classify', 'a.png', 'b.jpg'])).toEqual({
      command: 'classify',
      images: ['a.png', 'b.jpg'],
      arch: undefined,
      weights: undefined,
      labels: undefined,
      top: 5,
      precision: 'f32',
      format: 'table',
      browser: false,
    });
  });

  it('takes an image alone for classify', () => {
    expect(parse(['photo.JPG', '--top', '3'])).toMatchObject({ command: 'classify', images: ['photo.JPG'], top: 3 });
  });

  it('reads sizes height first', () => {
    expect(parse(['inspect', 'resnet50', '--input', '224x160'])).toMatchObject({ target: 'resnet50', input: [224, 160] });
    expect(parse(['inspect', 'resnet50', '-i', '32'])).toMatchObject({ input: [32, 32] });
  });

  it('fills in what convert is not told', () => {
    expect(parse(['convert', 'hf:timm/resnet50.a1_in1k', '-o', 'model'])).toEqual({
      command: 'convert',
      checkpoint: 'hf:timm/resnet50.a1_in1k',
      arch: undefined,
      dtype: 'f32',
      labels: undefined,
      out: 'model',
      force: false,
      verbose: false,
      json: false,
    });
  });

  it('prints one class an image as CSV, unless told otherwise', () => {
    expect(parse(['classify', 'photos', '--csv'])).toMatchObject({ images: ['photos'], format: 'csv', top: 1 });
    expect(parse(['classify', 'photos', '--csv', '-k', '3'])).toMatchObject({ top: 3 });
    expect(parse(['classify', 'photos', '--ndjson'])).toMatchObject({ format: 'ndjson', top: 5 });
  });

  it('tells the format of an export by the name of its file', () => {
    expect(parse(['export', 'a.pth', '-o', 'a.ONNX'])).toEqual({
      command: 'export',
      checkpoint: 'a.pth',
      arch: undefined,
      to: 'onnx',
      out: 'a.ONNX',
      outputs: undefined,
      force: false,
      verbose: false,
      json: false,
    });
    const all = ['export', 'model', '--to', 'tfjs', '--out', 'web', '--outputs', 'logits, 0,3', '-i', '224x160'];
    expect(parse(all)).toMatchObject({ to: 'tfjs', outputs: ['logits', 0, 3], input: [224, 160] });
  });

  it('knows the ways to ask for help', () => {
    expect(parse([])).toEqual({ command: 'help' });
    expect(parse(['classify', '--help'])).toEqual({ command: 'help', topic: 'classify' });
    expect(parse(['help', 'inspect'])).toEqual({ command: 'help', topic: 'inspect' });
    expect(parse(['help', 'convert'])).toEqual(parse(['convert', '-h']));
  });

  it.each([
    [['frobnicate'], '“frobnicate” is not a command. There are classify, inspect, convert and export.'],
    [['classify'], 'classify needs at least one image or folder, or - for standard input.'],
    [['classify', 'a.png', '--csv', '--json'], 'classify writes one of --csv and --json, not both.'],
    [['classify', 'a.png', '--top', '0'], '--top must be a whole number of at least 1, not “0”.'],
    [['classify', 'a.png', '--precision', 'f8'], '--precision must be f32 or f16, not “f8”.'],
    [['classify', 'a.png', '--arch', 'resnet50'], '--arch needs --weights: the bundled network has its own architecture.'],
    [['classify', 'a.png', '--nonsense'], "Unknown option '--nonsense'."],
    [['classify', 'a.png', '--top'], "Option '-k, --top <value>' argument missing"],
    [['inspect'], 'inspect needs one checkpoint or the name of one architecture.'],
    [['convert', '--out', 'model'], 'convert needs one checkpoint: a file, https://… or hf:owner/repository.'],
    [['convert', 'a.pth'], 'convert needs a folder for the model: --out folder.'],
    [['convert', 'a.pth', '-o', 'model', '--dtype', 'int4'], '--dtype must be f32, f16 or int8, not “int4”.'],
    [
      ['export', 'a.pth', '--to', 'onnx'],
      'export needs a place for the model: --out model.onnx, --out model.tflite, or a folder for TF.js.',
    ],
    [['export', 'a.pth', '-o', 'model'], '--to must be onnx, tflite or tfjs: the name of --out does not tell.'],
    [['export', 'a.pth', '-o', 'a.onnx', '-t', 'tflight'], '--to must be onnx, tflite or tfjs, not “tflight”.'],
    [
      ['export', 'a.pth', '-o', 'a.onnx', '--outputs', 'logits,x'],
      '--outputs lists logits, pooled and numbers of stages, such as 0,1,2,3; “x” is none of them.',
    ],
    [['inspect', 'resnet50', '--input', '0x3'], '--input must be a size such as 224 or 224x160 (height first), not “0x3”.'],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(argv)).toThrow(new UsageError(message));
  });
});

describe('commandOf', () => {
  it.each([
    [['export', '--nonsense'], 'export'],
    [['a.png', '--nonsense'], 'classify'],
    [['frobnicate'], undefined],
    [[], undefined],
  ])('knows whose help is about %j', (argv, command) => {
    expect(commandOf(argv)).toBe(command);
  });
});
