import { distance } from 'fastest-levenshtein';

/** Edits by which a mistyped name may differ from the intended one. */
const NEAR = 4;

/** The most similar of `names`; undefined if none is within `near` edits. */
export function nearestOf(name: string, names: readonly string[], near = NEAR): string | undefined {
  const [nearest] = [...names].sort((a, b) => distance(name, a) - distance(name, b));
  return nearest !== undefined && distance(name, nearest) <= near ? nearest : undefined;
}

/** The hint for an unknown name: the most similar one, or else all names. */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = nearestOf(name, names);
  return nearest
    ? `Did you mean ${nearest}?`
    : `There ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}.`;
}
