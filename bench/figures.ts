/** Summary of a figure over all rounds of a run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Collects the figures of all rounds. */
export class Figures {
  private readonly values = new Map<string, { unit: string; values: number[] }>();
  /** Contestants that took no part, with the reason for each contestant. */
  readonly absent = new Map<string, string>();

  add(name: string, unit: string, value: number): void {
    const figure = this.values.get(name) ?? { unit, values: [] };
    figure.values.push(value);
    this.values.set(name, figure);
  }

  /**
   * Adds the ratio of two values of the same round, because other load on the machine affects both values. Adds nothing if a
   * value was not measured.
   */
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
