import { describe, expect, it } from '@jest/globals';
import { answerText, isDuplicate, parseAnswer, readAnswer } from '../publish-answer.js';
import { isPlainPubAck } from './plain-pub-ack.js';

const PUB_ACKS = [
  '{"stream":"EVENTS", "seq":17}',
  '{"stream":"EVENTS","seq":1}',
  '{"stream":"EVENTS", "seq":17,"duplicate": true}',
];

describe('the answer to a publish', () => {
  it.each(PUB_ACKS)('is read without parsing if it is a plain PubAck: %s', (text) => {
    expect(isPlainPubAck(text)).toBe(true);
    expect(readAnswer(text)).toBe('confirmed');
  });

  it.each<[string, unknown]>([
    ['{"stream":"EVENTS", "seq":0}', undefined],
    ['{"stream":"", "seq":17}', undefined],
    ['{"stream":"EVENTS", "seq":17', undefined],
    ['{"stream":"EVENTS", "seq":17}}', undefined],
    ['{"stream":"EVENTS", "seq":17,"domain":"hub"}', 'confirmed'],
    ['{"error":{"code":503,"err_code":10077},"stream":"EVENTS","seq":0}', { code: 503, err_code: 10077 }],
    ['{"stream":"a\\"}","seq":17,"error":{}}', {}],
    ['{"stream":"line\nbreak", "seq":17}', undefined],
    ['{"stream":"für-alle", "seq":17}', 'confirmed'],
    ['null', undefined],
    ['thanks', undefined],
    ['', undefined],
  ])('is parsed if it is not a plain PubAck: %s', (text, answer) => {
    expect(isPlainPubAck(text)).toBe(false);
    expect(readAnswer(text)).toEqual(answer);
  });

  it('is the same with and without parsing, whatever characters a PubAck has', () => {
    const characters = ['', ...'{}[]":, 01789aZ_-.\\/\n\u0000é'];
    const changed = PUB_ACKS.flatMap((text) =>
      Array.from(text).flatMap((_, at) =>
        characters.flatMap((character) => [
          text.slice(0, at) + character + text.slice(at + 1),
          text.slice(0, at) + character + text.slice(at),
        ]),
      ),
    );
    expect(changed.filter(isPlainPubAck).length).toBeGreaterThan(100);
    expect(changed.filter((text) => isPlainPubAck(text) && parseAnswer(text) !== 'confirmed')).toEqual([]);
  });

  it.each([
    ['{"stream":"EVENTS", "seq":17,"duplicate": true}', true],
    ['{"stream":"EVENTS", "seq":17,"domain":"hub","duplicate":true}', true],
    ['{"stream":"EVENTS", "seq":17,"duplicate":false}', false],
    ['{"stream":"EVENTS", "seq":17,"domain":"duplicate"}', false],
    ['{"stream":"EVENTS", "seq":17}', false],
  ])('shows whether the stream dropped the message as a duplicate: %s', (text, expected) => {
    expect(isDuplicate(text)).toBe(expected);
  });

  it('is read from a part of a buffer', () => {
    const bytes = new TextEncoder().encode('…{"stream":"ü"}…');
    expect(answerText(bytes.subarray(3, -3))).toBe('{"stream":"ü"}');
  });
});
