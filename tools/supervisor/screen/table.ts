export interface TableRow {
  readonly part: string;
  readonly state: string;
  readonly milliseconds: number | undefined;
  readonly url: string;
  readonly note: string;
}

type Cells = readonly [part: string, state: string, milliseconds: string, url: string, note: string];

/** @returns The rows under a heading, columns aligned, one line each; a note stands behind its URL. */
export function renderTable(rows: readonly TableRow[]): string[] {
  const cells: Cells[] = [
    ['part', 'state', 'ms', 'URL', ''],
    ...rows.map((row): Cells => [
      row.part,
      row.state,
      String(row.milliseconds ?? ''),
      row.url,
      row.note && `(${row.note})`,
    ]),
  ];
  const width = (column: number) => Math.max(...cells.map((row) => row[column]!.length));
  const [part, state, milliseconds, url] = [0, 1, 2, 3].map(width);
  return cells.map((row) =>
    [row[0].padEnd(part!), row[1].padEnd(state!), row[2].padStart(milliseconds!), row[3].padEnd(url!), row[4]]
      .join('  ')
      .trimEnd(),
  );
}
