/**
 * Holds what comes and goes thousands of times a second. A `Set` or a `Map` copies itself every so often; its old self, with all
 * that it held, may then outlive many collections of garbage, and memory grows with the rate.
 */
export class Slots<Item extends object> {
  private readonly items: (Item | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.items.length - this.free.length;
  }

  /** @returns where it is, until it is removed */
  add(item: Item): number {
    const slot = this.free.pop() ?? this.items.length;
    this.items[slot] = item;
    return slot;
  }

  get(slot: number): Item | undefined {
    return this.items[slot];
  }

  remove(slot: number): void {
    this.items[slot] = undefined;
    this.free.push(slot);
  }

  /** In no order. */
  values(): Item[] {
    return this.items.filter((item) => item !== undefined);
  }
}
