const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Formats a number of bytes: `812 B`, `1.2 KiB`, `256 MiB`, `1 GiB`. */
export function formatBytes(bytes: number): string {
  // A value of 1,023.5 or more would round to 1,024, so the next larger unit is used.
  const power = UNITS.findIndex((_, index) => bytes / 1024 ** index < 1_023.5 || index === UNITS.length - 1);
  const value = bytes / 1024 ** power;
  // Values below 100 have one decimal.
  const text = value < 100 ? String(Number(value.toFixed(1))) : String(Math.round(value));
  return `${text} ${UNITS[power]}`;
}
