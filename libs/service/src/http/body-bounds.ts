/** Levels of objects and arrays within each other. */
export const MAX_NESTING = 20;
/** Keys and array elements, of all levels together. */
export const MAX_MEMBERS = 500;

/**
 * Whether a parsed body keeps to both bounds. Validation calls itself for each level, and looks at each member: 16 KB can nest
 * 2,700 objects, at which it overflowed the stack after 45 ms, or have 2,000 unknown keys, which took 20 ms and an answer of 150 KB.
 */
export function isBounded(body: unknown): boolean {
  let members = 0;
  let level = [body].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_NESTING) return false;
    const below: object[] = [];
    for (const container of level) {
      const values: unknown[] = Object.values(container);
      members += values.length;
      if (members > MAX_MEMBERS) return false;
      for (const value of values) if (isContainer(value)) below.push(value);
    }
    level = below;
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
