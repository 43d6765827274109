import { describe, expect, it } from '@jest/globals';
import { archivesServing, sourcesFile } from './apt-sources.js';

const read = (name: string, text: string, suite = 'bookworm') => archivesServing([suite], [{ name, text }]);

describe('the archives of a Debian or Ubuntu machine', () => {
  it('are read from deb822 stanzas', () => {
    const text = `Types: deb deb-src
# a comment
URIs: http://archive.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://archive.test/debian-security
Suites: bookworm-security
Components: main
`;
    expect(read('debian.sources', text)).toEqual([
      { uris: 'http://archive.test/debian', components: 'main', signedBy: '/usr/share/keyrings/archive.gpg' },
    ]);
  });

  it('are read from one-line entries, with their key', () => {
    const text = `# deb http://commented.test/debian bookworm main
deb [arch=amd64,arm64 signed-by=/keys/a.gpg] http://archive.test/debian bookworm main contrib # remark
deb http://archive.test/debian bookworm-updates main
deb-src http://archive.test/debian bookworm main
`;
    expect(read('sources.list', text)).toEqual([
      { uris: 'http://archive.test/debian', components: 'main', signedBy: '/keys/a.gpg' },
    ]);
  });

  it('keep an inline key', () => {
    const text = `Types: deb
URIs: http://archive.test/ubuntu
Suites: noble
Components: main universe
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJKwYBBAHaRw8BAQdA
 -----END PGP PUBLIC KEY BLOCK-----
`;
    const archives = read('ubuntu.sources', text, 'noble');
    expect(archives).toHaveLength(1);
    expect(sourcesFile(archives, 'resolute')).toBe(`Types: deb
URIs: http://archive.test/ubuntu
Suites: resolute
Components: main universe
Signed-By: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJKwYBBAHaRw8BAQdA
 -----END PGP PUBLIC KEY BLOCK-----
Targets: Packages
`);
  });

  it('do not include disabled archives, other suites, or archives without main and universe', () => {
    const stanza = (fields: string) => `Types: deb\nURIs: http://other.test/debian\n${fields}\n`;
    expect(read('a.sources', stanza('Suites: bookworm\nComponents: main\nEnabled: no'))).toEqual([]);
    expect(read('a.sources', stanza('Suites: cloud-sdk-bookworm\nComponents: main'))).toEqual([]);
    expect(read('a.sources', stanza('Suites: bookworm\nComponents: stable'))).toEqual([]);
  });

  it('omit options that switch signature checks off', () => {
    const line = read(
      'sources.list',
      'deb [trusted=yes allow-insecure=yes] http://archive.test/debian bookworm main',
    );
    const stanza = read(
      'a.sources',
      'Types: deb\nURIs: http://archive.test/debian\nSuites: bookworm\nComponents: main\nTrusted: yes\n',
    );
    expect(line).toHaveLength(1);
    expect(sourcesFile([...line, ...stanza], 'forky')).not.toMatch(/trusted|insecure|yes/i);
  });
});
