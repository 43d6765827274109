import type { SeenEvent } from './flow.js';

interface Line {
  readonly label: string;
  readonly event: SeenEvent;
}

/** @returns The flow, each event below the one that caused it, one line each: name, source, milliseconds since the post. */
export function renderTree(events: readonly SeenEvent[]): string[] {
  const ids = new Set(events.map(({ id }) => id));
  // Of an event whose cause was not seen, all that can be said is that it was there.
  const roots = events.filter(({ causationId }) => causationId === undefined || !ids.has(causationId));
  const lines = roots.flatMap((root) => [{ label: root.name, event: root }, ...branches(root, events, '')]);

  const width = (cell: (line: Line) => string) => Math.max(...lines.map((line) => cell(line).length));
  const labelWidth = width(({ label }) => label);
  const sourceWidth = width(({ event }) => event.source);
  const timeWidth = width(({ event }) => milliseconds(event));
  return lines.map(({ label, event }) => {
    const cells = [
      label.padEnd(labelWidth),
      event.source.padEnd(sourceWidth),
      milliseconds(event).padStart(timeWidth),
    ];
    return `${cells.join('  ')} ms${event.failure ? `  ${event.failure}` : ''}`;
  });
}

function branches(parent: SeenEvent, events: readonly SeenEvent[], indent: string): Line[] {
  const children = events.filter(({ causationId }) => causationId === parent.id);
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const line = { label: `${indent}${isLast ? '└─ ' : '├─ '}${child.name}`, event: child };
    return [line, ...branches(child, events, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

function milliseconds({ afterMs }: SeenEvent): string {
  return String(Math.round(afterMs));
}
