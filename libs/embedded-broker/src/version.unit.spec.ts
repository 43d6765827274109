import { describe, expect, it } from '@jest/globals';
import { compareVersions, isTooOld, versionIn } from './version.js';

describe('versions of nats-server', () => {
  it.each([
    ['nats-server: v2.15.1', '2.15.1'],
    ['2.9.10-1+b3', '2.9.10'],
    ['2.12.0-RC.1', '2.12.0'],
    ['no version', undefined],
  ])('reads %j as %s', (text, version) => {
    expect(versionIn(text)).toBe(version);
  });

  it('orders by number, not by text', () => {
    expect(['2.10.0', '2.9.11', '10.0.0', '2.9.2'].sort(compareVersions)).toEqual([
      '2.9.2',
      '2.9.11',
      '2.10.0',
      '10.0.0',
    ]);
  });

  it.each([
    ['2.11.99', true],
    ['2.12.0', false],
    ['3.0.0', false],
  ])('%s is too old: %s', (version, tooOld) => {
    expect(isTooOld(version)).toBe(tooOld);
  });
});
