import type { ScenarioResult } from './run-scenarios.js';

const HEADING = ['scenario', 'what was done', 'figures', 'must show', 'ok'];

/** Formats the results as a Markdown table that is also readable as plain text. */
export function resultTable(results: readonly ScenarioResult[]): string {
  const rows = results.map(({ scenario, trial }) => [
    scenario.name,
    trial.done,
    trial.figures.join('; '),
    scenario.mustShow,
    trial.ok ? 'yes' : 'no',
  ]);
  const lines = [HEADING, HEADING.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map(escaped).join(' | ')} |`,
  );
  return lines.join('\n');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
