import { formatDuration } from './duration.js';

/** An event, failure, replay or retry of a flow. */
export interface Step {
  readonly id: string;
  /** Id of the step that caused this step. */
  readonly causationId: string | undefined;
  readonly name: string;
  /** Name of the publisher. */
  readonly source: string;
  /** Time since the beginning of the flow, in milliseconds. */
  readonly afterMs: number;
  /** A remark at the end of the line. */
  readonly note?: string | undefined;
}

/** A step with its label: the branches that lead to it, and its name. */
interface Line<Of extends Step> {
  readonly label: string;
  readonly step: Of;
}

/**
 * Renders steps as a tree.
 *
 * @param decorate may color a finished line
 * @returns one line for each step, below its cause: name, source, time since the beginning, note
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

/** Places every step once. A step without a known cause is a root. In a cycle, the first step becomes a root. */
function placed<Of extends Step>(steps: readonly Of[]): Line<Of>[] {
  const remaining = new Set(steps);
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
    remaining.delete(step);
    lines.push({ label, step });
    const children = (caused.get(step.id) ?? []).filter((child) => remaining.has(child));
    for (const child of children) remaining.delete(child);
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      place(child, `${indent}${isLast ? '└─ ' : '├─ '}${child.name}`, `${indent}${isLast ? '   ' : '│  '}`);
    }
  };
  for (const root of roots) place(root, root.name, '');
  for (const step of steps) if (remaining.has(step)) place(step, step.name, '');
  return lines;
}
