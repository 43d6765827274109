/** Oldest usable version of nats-server. Cascade needs scheduled messages, which were introduced in 2.12. */
export const MINIMUM_VERSION = '2.12.0';

/**
 * Returns the first `major.minor.patch` in a string such as `nats-server: v2.15.1` or `2.9.10-1+b3`; undefined if there is no
 * version.
 */
export function versionIn(text: string): string | undefined {
  return /\d+\.\d+\.\d+/.exec(text)?.[0];
}

/**
 * Compares versions of the form `major.minor.patch`. Returns a negative number if `a` is older than `b`, a positive number if `a`
 * is newer, and 0 if both are equal.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const part of [0, 1, 2]) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isTooOld(version: string): boolean {
  return compareVersions(version, MINIMUM_VERSION) < 0;
}
