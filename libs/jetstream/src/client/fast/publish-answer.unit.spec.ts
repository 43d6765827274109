import { describe, expect, it } from '@jest/globals';
import { answerOf, isDuplicate, isPlainlyStored, textOf } from './publish-answer.js';

describe('the answer to a publish', () => {
  it.each([
    ['{"stream":"EVENTS", "seq":17}', { stream: 'EVENTS', seq: 17 }],
    ['{"stream":"EVENTS","seq":1}', { stream: 'EVENTS', seq: 1 }],
    ['{"stream":"EVENTS", "seq":17,"duplicate": true}', { stream: 'EVENTS', seq: 17, duplicate: true }],
  ])('is seen to be a PubAck without parsing it: %s', (text, pubAck) => {
    expect(isPlainlyStored(text)).toBe(true);
    expect(answerOf(text)).toEqual(pubAck);
  });

  it.each([
    '{"stream":"EVENTS", "seq":0}',
    '{"stream":"", "seq":17}',
    '{"stream":"EVENTS", "seq":17',
    '{"stream":"EVENTS", "seq":17}}',
    '{"stream":"EVENTS", "seq":17,"domain":"hub"}',
    '{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"EVENTS","seq":0}',
    '{"stream":"a\\"}","seq":17,"error":{}}',
    '{"stream":"line\nbreak", "seq":17}',
    '{"stream":"für-alle", "seq":17}',
    'thanks',
    '',
  ])('is read where it says anything else: %s', (text) => {
    expect(isPlainlyStored(text)).toBe(false);
  });

  it.each([
    ['{"stream":"EVENTS", "seq":17,"duplicate": true}', true],
    ['{"stream":"EVENTS", "seq":17,"domain":"hub","duplicate":true}', true],
    ['{"stream":"EVENTS", "seq":17,"duplicate":false}', false],
    ['{"stream":"EVENTS", "seq":17,"domain":"duplicate"}', false],
    ['{"stream":"EVENTS", "seq":17}', false],
  ])('says whether the message was dropped as a repetition: %s', (text, expected) => {
    expect(isDuplicate(text)).toBe(expected);
  });

  it('is read from a part of a buffer', () => {
    const bytes = new TextEncoder().encode('…{"stream":"ü"}…');
    expect(textOf(bytes.subarray(3, -3))).toBe('{"stream":"ü"}');
    expect(answerOf('thanks')).toBeUndefined();
  });
});
