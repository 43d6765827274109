import { formatDuration } from './duration.js';

/** Something that happened in a flow. */
export interface Step {
  readonly id: string;
  /** Id of what led to it. */
  readonly causationId: string | undefined;
  readonly name: string;
  /** Who published it. */
  readonly source: string;
  /** Milliseconds from the beginning of the flow. */
  readonly afterMs: number;
  /** What else there is to say of it. */
  readonly note?: string | undefined;
}

/** A step in its place: `label` is its name behind the branches that lead to it. */
interface Line<Of extends Step> {
  readonly label: string;
  readonly step: Of;
}

/**
 * @param decorate may colour a finished line; widths are not its concern
 * @returns the flow, each step below the one that led to it, one line each: name, source, time since the beginning, note
 */
export function renderTree<Of extends Step>(
  steps: readonly Of[],
  decorate: (line: string, step: Of) => string = (line) => line,
): string[] {
  const lines = placed(steps);
  const width = (cell: (line: Line<Of>) => string) => Math.max(...lines.map((line) => cell(line).length));
  const labelWidth = width(({ label }) => label);
  const sourceWidth = width(({ step }) => step.source);
  const timeWidth = width(({ step }) => formatDuration(step.afterMs));
  return lines.map(({ label, step }) => {
    const cells = [
      label.padEnd(labelWidth),
      step.source.padEnd(sourceWidth),
      formatDuration(step.afterMs).padStart(timeWidth),
      ...(step.note ? [step.note] : []),
    ];
    return decorate(cells.join('  '), step);
  });
}

/** Every step once. One whose cause was not seen is a root, and so is one of several that led to each other. */
function placed<Of extends Step>(steps: readonly Of[]): Line<Of>[] {
  const left = new Set(steps);
  const ids = new Set(steps.map(({ id }) => id));
  const isRoot = ({ id, causationId }: Of) =>
    causationId === undefined || causationId === id || !ids.has(causationId);
  const roots = steps.filter(isRoot);
  const caused = new Map<string, Of[]>();
  for (const step of steps) {
    const { causationId = '' } = step;
    const siblings = caused.get(causationId);
    if (siblings) siblings.push(step);
    else caused.set(causationId, [step]);
  }
  const lines: Line<Of>[] = [];
  const place = (step: Of, label: string, indent: string) => {
    left.delete(step);
    lines.push({ label, step });
    const children = (caused.get(step.id) ?? []).filter((child) => left.has(child));
    for (const child of children) left.delete(child);
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      place(child, `${indent}${isLast ? '└─ ' : '├─ '}${child.name}`, `${indent}${isLast ? '   ' : '│  '}`);
    }
  };
  for (const root of roots) place(root, root.name, '');
  for (const step of steps) if (left.has(step)) place(step, step.name, '');
  return lines;
}
