import { distance } from 'fastest-levenshtein';

/** Letters that a name may be away from the one that is meant. */
const NEAR = 4;

/** The one of `names` that may be meant; undefined where none is like it. */
export function nearestOf(name: string, names: readonly string[], near = NEAR): string | undefined {
  const [nearest] = [...names].sort((a, b) => distance(name, a) - distance(name, b));
  return nearest !== undefined && distance(name, nearest) <= near ? nearest : undefined;
}

/** What to say of a name that is not known: the nearest, else all that there are. */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = nearestOf(name, names);
  return nearest
    ? `Did you mean ${nearest}?`
    : `There ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}.`;
}
