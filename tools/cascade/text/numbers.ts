import { InvalidArgumentError } from 'commander';

/**
 * Parses a positive whole number.
 *
 * @throws InvalidArgumentError for any other text
 */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a positive whole number.');
  return Number(text);
}

/** Formats a count with its noun: `1 event`, `2 events`, `1,234 events`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}
