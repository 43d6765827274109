/** A Debian or Ubuntu archive that the machine takes its own packages from. */
export interface Archive {
  uris: string;
  components: string;
  architectures?: string;
  signedBy?: string;
}

/** The parts of the archive that nats-server is in: `main` at Debian, `universe` at Ubuntu. */
const COMPONENTS = ['main', 'universe'];

/**
 * The archives that serve one of the suites, out of the machine's files: deb822 stanzas (`.sources`) and one-line
 * entries (`.list`). Disabled ones are left out. `trusted=yes` and its like are not carried over, so that what comes
 * from these archives is always checked against a signature.
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
      ...(entry['architectures'] && { architectures: entry['architectures'] }),
      ...(entry['signed-by'] && { signedBy: entry['signed-by'] }),
    };
  });
}

/** A deb822 sources file that takes the package lists, and nothing else, of one suite of the archives. */
export function sourcesFile(archives: readonly Archive[], suite: string): string {
  const stanzas = archives.map(({ uris, components, architectures, signedBy }) =>
    [
      'Types: deb',
      `URIs: ${uris}`,
      `Suites: ${suite}`,
      `Components: ${components}`,
      ...(architectures ? [`Architectures: ${architectures}`] : []),
      ...(signedBy ? [`Signed-By: ${signedBy}`] : []),
      'Targets: Packages',
    ].join('\n'),
  );
  return `${stanzas.join('\n\n')}\n`;
}

/** Fields by lower-case name; a continuation line (an inline key, for one) stays part of its field. */
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
      architectures: given.get('arch')?.replaceAll(',', ' '),
      'signed-by': given.get('signed-by'),
    };
  });
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? [];
}
