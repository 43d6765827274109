import { describe, expect, it } from '@jest/globals';
import { isTooOld } from '../version.js';
import { archivePath, PINNED_RELEASE, platformName } from './release.js';

describe('the pinned release', () => {
  it('is new enough', () => {
    expect(isTooOld(PINNED_RELEASE.version)).toBe(false);
  });

  it.each([
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'x64'],
    ['darwin', 'arm64'],
    ['win32', 'x64'],
  ])('has a checksum for Node on %s %s', (os, arch) => {
    expect(PINNED_RELEASE.checksums[platformName(os, arch)]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has the names of the archives on the release page', () => {
    expect(archivePath('2.14.5', 'linux-amd64')).toBe('v2.14.5/nats-server-v2.14.5-linux-amd64.tar.gz');
    expect(archivePath('2.14.5', 'windows-amd64')).toBe('v2.14.5/nats-server-v2.14.5-windows-amd64.zip');
  });
});
