/**
 * Holds items that are added and removed thousands of times a second. A `Set` or a `Map` copies itself from time to time. The old
 * copy, with all its items, may survive many garbage collections. Memory use would then grow with the rate of additions
 * (docs/performance.md).
 */
export class Slots<Item extends object> {
  private readonly items: (Item | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.items.length - this.free.length;
  }

  /** Adds an item. Returns its slot, which stays valid until the item is removed. */
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
