import { expect, test } from 'vitest';
import { Message } from './protobuf.ts';

const bytes = (message: Message) => [...message.finish()];

// The examples of https://protobuf.dev/programming-guides/encoding/
test('integers', () => {
  expect(bytes(new Message().integer(1, 150))).toEqual([0x08, 0x96, 0x01]);
  expect(bytes(new Message().integer(1, 0))).toEqual([0x08, 0x00]);
  expect(bytes(new Message().integer(1, 127).integer(1, 128))).toEqual([0x08, 0x7f, 0x08, 0x80, 0x01]);
  expect(bytes(new Message().integer(1, -2))).toEqual([0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
});

test('field numbers beyond 15 take two bytes', () => {
  expect(bytes(new Message().integer(20, 7))).toEqual([0xa0, 0x01, 0x07]);
});

test('text, bytes and messages within messages', () => {
  expect(bytes(new Message().text(2, 'testing'))).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  expect(bytes(new Message().message(3, new Message().integer(1, 150)))).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
  expect(bytes(new Message().bytes(1, Uint8Array.of(1, 2)).message(2, new Message()))).toEqual([0x0a, 0x02, 1, 2, 0x12, 0x00]);
});

test('lengths beyond 127', () => {
  expect(bytes(new Message().bytes(1, new Uint8Array(300))).slice(0, 3)).toEqual([0x0a, 0xac, 0x02]);
});
