import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ResultFormat } from './command-line.ts';
import type { ImageOutcome, Outcome } from './job.ts';
import { csvLines, resultWriter } from './results.ts';

const cat: ImageOutcome = {
  image: 'photos/a, "b".png',
  predictions: [
    { label: 'cat', index: 3, probability: 0.75 },
    { label: 'dog, wet', index: 5, probability: 0.25 },
  ],
};
const broken: ImageOutcome = { image: 'x.png', error: { message: '[x.png] is no image.\u001b[2J', code: 'image' } };
const outcome: Outcome = {
  info: {
    arch: 'resnet18',
    parameters: 7,
    precision: 'f32',
    adapter: { vendor: 'v', architecture: 'a', description: '', software: false },
  },
  through: 'Node over Dawn',
};

function written(format: ResultFormat): { out: string; error: string; early: string } {
  const [out, error] = [new PassThrough(), new PassThrough()];
  const writer = resultWriter({ format }, ({ info }) => info.arch, 'w.pth', { out, error } as unknown as {
    out: NodeJS.WriteStream;
    error: NodeJS.WriteStream;
  });
  writer.result(cat);
  const early = String(out.read() ?? '');
  writer.result(broken);
  writer.end(outcome);
  return { out: early + String(out.read() ?? ''), error: String(error.read() ?? ''), early };
}

describe('results', () => {
  it('are lines of CSV', () => {
    expect(csvLines(cat)).toEqual(['"photos/a, ""b"".png",1,cat,3,0.75,\r\n', '"photos/a, ""b"".png",2,"dog, wet",5,0.25,\r\n']);
    const { out, early } = written('csv');
    expect(out).toMatch(/^image,rank,label,index,probability,error\r\n/);
    expect(early).toContain('cat');
    expect(out.split('\r\n').at(-2)).toBe('x.png,,,,,[x.png] is no image.\\u001b[2J');
  });

  it('are JSON, a line an image as it comes, or all at the end', () => {
    const { out, early } = written('ndjson');
    expect(JSON.parse(early)).toEqual(cat);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([cat, broken]);
    const whole = written('json');
    expect(whole.early).toBe('');
    expect(JSON.parse(whole.out)).toEqual({
      model: { ...outcome.info, weights: 'w.pth', through: outcome.through },
      results: [cat, broken],
    });
  });

  it('are a table, and errors go to standard error', () => {
    const { out, error } = written('table');
    expect(out).toContain('dog, wet');
    expect(out).toContain('resnet18, f32, Node over Dawn on v a');
    expect(error).toBe('error: [x.png] is no image.\\u001b[2J\n');
  });
});
