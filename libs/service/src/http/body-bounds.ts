/** Levels of nested objects and arrays. */
export const MAX_NESTING = 20;
/** Keys and array elements on all levels together. */
export const MAX_MEMBERS = 500;

/**
 * True if a parsed body keeps both limits. Validation recurses into each level and visits each member. Measured for 16 KB: 2,700
 * nested objects overflow the stack after 45 ms; 2,000 unknown keys take 20 ms and an answer of 150 KB.
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
