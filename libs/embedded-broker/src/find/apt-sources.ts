/** Debian or Ubuntu archive from which the machine gets its packages. */
export interface Archive {
  uris: string;
  components: string;
  signedBy?: string;
}

/** Components of an archive that contain nats-server: `main` for Debian, and `universe` for Ubuntu. */
const COMPONENTS = ['main', 'universe'];

/**
 * Returns the archives that serve one of the suites, according to the machine's sources files. A sources file contains deb822
 * stanzas (`.sources`) or one-line entries (`.list`). Disabled archives are left out. Options except `signed-by` are also left
 * out, so that `trusted=yes` cannot disable the check of signatures.
 */
export function archivesServing(
  suites: readonly string[],
  files: readonly { name: string; text: string }[],
): Archive[] {
  const entries = files.flatMap(({ name, text }) =>
    name.endsWith('.sources') ? readStanzas(text) : readLines(text),
  );
  return entries.flatMap((entry) => {
    const components = words(entry['components']).filter((component) => COMPONENTS.includes(component));
    const serves = words(entry['suites']).some((suite) => suites.includes(suite));
    const off = /^(no|false|without|off|disable|0)$/i.test(entry['enabled'] ?? '');
    if (off || !serves || !components.length || !entry['uris'] || !words(entry['types']).includes('deb'))
      return [];
    return {
      uris: entry['uris'],
      components: components.join(' '),
      ...(entry['signed-by'] && { signedBy: entry['signed-by'] }),
    };
  });
}

/** Returns the text of a deb822 sources file. With this file, apt fetches only the package lists of one suite of the archives. */
export function sourcesFile(archives: readonly Archive[], suite: string): string {
  const stanzas = archives.map(({ uris, components, signedBy }) =>
    [
      'Types: deb',
      `URIs: ${uris}`,
      `Suites: ${suite}`,
      `Components: ${components}`,
      ...(signedBy ? [`Signed-By: ${signedBy}`] : []),
      'Targets: Packages',
    ].join('\n'),
  );
  return `${stanzas.join('\n\n')}\n`;
}

/**
 * Returns the fields of each stanza by lower-case name. Continuation lines, for example of an inline key, stay part of their
 * field.
 */
function readStanzas(text: string): Record<string, string>[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .map((stanza) =>
      Object.fromEntries(
        [...stanza.matchAll(/^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)].map(([, name = '', value = '']) => [
          name.toLowerCase(),
          value.trimEnd(),
        ]),
      ),
    );
}

const LINE = /^(deb)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#\n]+)/gm;

function readLines(text: string): Record<string, string | undefined>[] {
  return [...text.matchAll(LINE)].map(([, types, options = '', uris, suites, components]) => {
    const given = new Map(words(options).map((option) => option.split(/=(.*)/s) as [string, string]));
    return {
      types,
      uris,
      suites,
      components,
      'signed-by': given.get('signed-by'),
    };
  });
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? [];
}
