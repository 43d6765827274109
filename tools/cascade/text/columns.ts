/** Cells of one row; one that is missing is empty. */
export type Row = readonly (string | undefined)[];

/**
 * Rows under a heading, columns aligned, one line each. A column whose cells are all numbers or units of time is aligned to
 * the right; one that is empty in all rows is left out.
 */
export function renderColumns(heading: Row, rows: readonly Row[]): string[] {
  const kept = heading.map((_, column) => column).filter((column) => rows.some((row) => row[column]));
  const lines = [heading, ...rows].map((row) => kept.map((column) => row[column] ?? ''));
  const layout = kept.map((column, index) => ({
    width: Math.max(...lines.map((cells) => cells[index]!.length)),
    right: rows.every((row) => /^$|^[-\d]/.test(row[column] ?? '') && (row[column] ?? '').length <= 12),
  }));
  return lines.map((cells) =>
    cells
      .map((cell, index) => {
        const { width, right } = layout[index]!;
        return right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Cut to what a terminal's line has room for. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
