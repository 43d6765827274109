/**
 * Holds items that are added and removed thousands of times a second. A `Set` or a `Map` copies itself from time to time. Its old
 * copy, with all items, may outlive many garbage collections, so memory grows with the rate (docs/performance.md).
 */
export class Slots<Item extends object> {
  private readonly items: (Item | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.items.length - this.free.length;
  }

  /** @returns the slot of the item, until it is removed */
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

  /** Returns the items in no particular order. */
  values(): Item[] {
    return this.items.filter((item) => item !== undefined);
  }
}
