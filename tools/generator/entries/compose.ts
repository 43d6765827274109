import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { GeneratorError } from '../errors.js';
import { splice, type Entry } from './entry.js';

const FILE = 'docker-compose.yml';

/** Entry for the service, after the last service that is built from this checkout. */
export const composeEntry: Entry = {
  path: FILE,
  add(text, { entries }) {
    const last = servicesIn(text).findLast(({ value }) => value.has('build'));
    if (!last)
      throw new GeneratorError(`${FILE} has no service with \`build\` after which to add the new one.`);
    return splice(text, last.end, last.end, `\n\n${entries.compose.trimEnd()}`);
  },
  remove(text, { app }) {
    const service = servicesIn(text).find(({ name }) => name === app.name);
    return service ? splice(text, text.slice(0, service.start).trimEnd().length, service.end, '') : text;
  },
};

interface Service {
  name: string;
  value: YAMLMap;
  /** Offset of the service's name. */
  start: number;
  /** Offset after the last character of the service that is not blank. */
  end: number;
}

function servicesIn(text: string): Service[] {
  const document = parseDocument(text, { merge: true });
  const services = document.get('services');
  if (document.errors.length > 0 || !isMap(services)) {
    throw new GeneratorError(
      `${FILE} cannot be read: ${document.errors[0]?.message ?? 'it has no `services`'}`,
    );
  }
  return services.items.flatMap((pair: Pair) => {
    const { key, value } = pair;
    if (!isScalar(key) || !isMap(value) || !key.range || !value.range) return [];
    const end = text.slice(0, value.range[1]).trimEnd().length;
    return [{ name: String(key.value), value, start: key.range[0], end }];
  });
}
