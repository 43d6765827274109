import type { Figure, Figures } from './figures.js';
import { GOALS, isReached, type Goal } from './goals.js';

/** Formats the goals whose figures were measured as a Markdown table. */
export function goalTable(figures: Figures): string {
  const rows = GOALS.flatMap((goal) => {
    const figure = figures.all.find(({ name }) => name === goal.figure);
    return figure ? [goalRow(goal, figure)] : [];
  });
  return table(['figure', 'name', 'must be', 'median', 'min', 'max', 'ok'], rows);
}

/** Formats all figures as a Markdown table, followed by the contestants that took no part. */
export function allTable(figures: Figures): string {
  const absent = [...figures.absent].map(
    ([name, reason]) => `\n\n${name} did not take part, because it ${reason}.`,
  );
  return table(['name', 'unit', 'median', 'min', 'max'], figures.all.map(figureRow)) + absent.join('');
}

function goalRow(goal: Goal, figure: Figure): string[] {
  const { atLeast, atMost } = goal;
  const limit = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const unit = figure.unit === '×' ? '' : ` ${figure.unit}`;
  const ok = isReached(goal, figure) ? 'yes' : 'no';
  return [goal.what, figure.name, limit + unit, ...spread(figure), ok];
}

function figureRow(figure: Figure): string[] {
  return [figure.name, figure.unit, ...spread(figure)];
}

function spread({ median, min, max }: Figure): string[] {
  return [median, min, max].map(rounded);
}

function rounded(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

function table(heading: string[], rows: string[][]): string {
  return [heading, heading.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
