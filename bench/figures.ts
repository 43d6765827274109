/** A figure of a run: over its rounds. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What was measured, round by round. */
export class Figures {
  private readonly values = new Map<string, { unit: string; values: number[] }>();
  /** Contestants that took no part, and why. */
  readonly absent = new Map<string, string>();

  add(name: string, unit: string, value: number): void {
    const figure = this.values.get(name) ?? { unit, values: [] };
    figure.values.push(value);
    this.values.set(name, figure);
  }

  /** How often the first is as large as the second. Of one round: what disturbs the machine meets both. */
  addRatio(name: string, ours: number | undefined, other: number | undefined): void {
    if (ours !== undefined && other !== undefined) this.add(name, '×', ours / other);
  }

  get all(): Figure[] {
    return [...this.values].map(([name, { unit, values }]) => ({
      name,
      unit,
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
    }));
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
