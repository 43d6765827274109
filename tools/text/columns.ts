/** Cells of one row; a missing cell is empty. */
export type Row = readonly (string | undefined)[];

/**
 * Aligns rows under a heading, one line per row. A column is aligned to the right if its cells are short and begin with a digit
 * or `-`. Empty cells do not count. A column without content is left out.
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

/** Cuts a line to the width of a terminal. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
