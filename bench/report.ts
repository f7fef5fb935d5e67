/** One line of the table. */
export type Row = {
  /** Names the line for good: `creates.no-store`. */
  readonly key: string;
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  /** Ours to the peer's, where there is one. */
  readonly ratio?: number;
  readonly bar: string;
  /** Absent where the line has no bar or could not be measured. */
  readonly isMet?: boolean;
};

/** What a part of the benchmark found: its lines, and everything it measured. */
export type Findings = { readonly rows: readonly Row[]; readonly facts: object };

/** What a part is told. */
export type PartOptions = {
  /** A few seconds instead of minutes: shows that all works, measures little. */
  readonly isQuick: boolean;
  /** An empty folder on a real disk; removed after the part. */
  readonly scratch: string;
  /** Says what goes on. */
  readonly say: (text: string) => void;
};

/** A number with three significant digits, thousands apart. */
export const figure = (value: number): string =>
  Number(value.toPrecision(value >= 1000 ? 4 : 3)).toLocaleString("en-US", {
    maximumFractionDigits: 6,
  });

const HEAD = ["key", "what", "ours", "peer", "ratio", "bar", "met"] as const;

const cellsOf = ({ key, what, ours, peer, ratio, bar, isMet }: Row): readonly string[] => [
  `\`${key}\``,
  what,
  ours,
  peer,
  ratio === undefined ? "" : figure(ratio),
  bar,
  isMet === undefined ? "" : isMet ? "yes" : "**no**",
];

/** The lines as a table in Markdown, its columns aligned. */
export const tableOf = (rows: readonly Row[]): string => tableFrom(HEAD, rows.map(cellsOf));

/** A table in Markdown, its columns aligned. */
export function tableFrom(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(3, ...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const [first, ...body] = lines.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [first, rule, ...body].join("\n");
}
