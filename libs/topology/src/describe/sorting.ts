/**
 * Returns a function that compares by one key after another. Strings are compared by code units, so the order does not depend on
 * the locale.
 */
export function byKey<Item>(...keys: (keyof Item)[]): (a: Item, b: Item) => number {
  return (a, b) => {
    const key = keys.find((candidate) => a[candidate] !== b[candidate]);
    return key === undefined ? 0 : a[key] < b[key] ? -1 : 1;
  };
}
