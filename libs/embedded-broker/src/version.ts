/** The oldest nats-server that has what Cascade uses: scheduled messages came with 2.12. */
export const MINIMUM_VERSION = '2.12.0';

/** The first `major.minor.patch` in a text such as `nats-server: v2.15.1` or a package version `2.9.10-1+b3`. */
export function versionIn(text: string): string | undefined {
  return /\d+\.\d+\.\d+/.exec(text)?.[0];
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b` (`major.minor.patch` each). */
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
