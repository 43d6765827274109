import { distance } from 'fastest-levenshtein';

/** Maximum number of edits by which a mistyped name may differ from the intended name. */
const NEAR = 4;

/** Returns the most similar of `names`; undefined if no name is within `near` edits. */
export function nearestOf(name: string, names: readonly string[], near = NEAR): string | undefined {
  const [nearest] = [...names].sort((a, b) => distance(name, a) - distance(name, b));
  return nearest !== undefined && distance(name, nearest) <= near ? nearest : undefined;
}

/** Returns a hint for an unknown name: the most similar name, or all names if no name is similar. */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = nearestOf(name, names);
  return nearest
    ? `Did you mean ${nearest}?`
    : `There ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}.`;
}
