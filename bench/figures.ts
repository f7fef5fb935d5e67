import * as v from "valibot";
import { figure, type Row, tableFrom } from "./report.ts";

const RowSchema = v.object({
  key: v.string(),
  what: v.string(),
  ours: v.string(),
  peer: v.string(),
  ratio: v.exactOptional(v.nullable(v.number())),
  bar: v.string(),
  isMet: v.exactOptional(v.boolean()),
});
const MachineSchema = v.object({ load: v.number() });

/** What `bench/results/bench.json` says of a run, as far as it is kept. */
const ResultsSchema = v.object({
  startedAt: v.string(),
  commit: v.string(),
  isQuick: v.boolean(),
  machine: MachineSchema,
  rows: v.array(RowSchema),
});

/** The last figure of a row: `bench/kept.json` has one for each row that was ever kept, by its key. */
const KeptSchema = v.record(
  v.string(),
  v.object({
    ...RowSchema.entries,
    startedAt: v.string(),
    commit: v.string(),
    isQuick: v.boolean(),
    load: v.number(),
  }),
);

/** A run, as it is written after it. */
export type Results = v.InferOutput<typeof ResultsSchema>;

/** The last figures of all rows, by their keys. */
export type Kept = v.InferOutput<typeof KeptSchema>;

/** Reads `bench/results/bench.json`; throws where it is none. */
export const parseResults = (text: string): Results => v.parse(ResultsSchema, JSON.parse(text));

/** Reads `bench/kept.json`; throws where it is none. */
export const parseKept = (text: string): Kept => v.parse(KeptSchema, JSON.parse(text));

/** The figures with those of a run in place of older ones. */
export const withResults = (kept: Kept, { rows, machine, ...run }: Results): Kept => {
  const { startedAt, commit, isQuick } = run;
  const fresh = rows.map((row) => [
    row.key,
    { ...row, startedAt, commit, isQuick, load: machine.load },
  ]);
  const all: Kept = { ...kept, ...Object.fromEntries(fresh) };
  return Object.fromEntries(
    Object.entries(all).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
};

/** The rows that README.md shows and `bench/history.md` keeps for each release, in their order; short, as both are narrow. */
const HEADLINES: readonly { readonly key: string; readonly says: string; readonly by: string }[] = [
  { key: "creates.bullmq", says: "creates, to BullMQ's", by: "creates" },
  { key: "tasks.wall", says: "a task, to bare ffmpeg: wall", by: "tasks" },
  { key: "reuse.cpu", says: "a task again, to the first: CPU", by: "reuse" },
  { key: "ladder.cpu", says: "four sizes, to four encodes: CPU", by: "ladder" },
  { key: "service.first-create", says: "start to first POST", by: "start" },
  { key: "wasm.Bun.10.veryfast.native", says: "WebAssembly, to native: wall", by: "wasm-speed" },
  { key: "fleet.boss-batches", says: "a fleet's tasks, to pg-boss's", by: "fleet" },
];

/** A figure in a few letters: what it is to its peer, or itself. */
const shortly = ({
  ratio,
  ours,
}: Pick<Row, "ours"> & { readonly ratio?: number | null }): string =>
  typeof ratio === "number" ? `${figure(ratio)} x` : ours;

/** The table of README.md: the headlines that were kept; empty where none was. */
export function figuresTable(kept: Kept): string {
  const rows = HEADLINES.flatMap(({ key, says, by }) => {
    const row = kept[key];
    if (!row) return [];
    const mark = row.isMet === false ? " (missed)" : "";
    return [[says, `${shortly(row)}${row.isQuick ? ", quick" : ""}${mark}`, row.bar, `\`${by}\``]];
  });
  return rows.length > 0 ? packed(["figure", "measured", "bar", "`bench --only`"], rows) : "";
}

/** A table whose columns are not aligned: README.md has no room for blanks. */
const packed = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `|${cells.join("|")}|`).join("\n");

const BEGIN = "<!-- figures:begin -->";
const END = "<!-- figures:end -->";

/** A page with the table between its markers; undefined where it has none. */
export function withFigures(page: string, kept: Kept): string | undefined {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) return undefined;
  const lines = [figuresTable(kept)].filter((text) => text !== "");
  return [page.slice(0, begin + BEGIN.length), ...lines, page.slice(end)].join("\n");
}

const RELEASE_HEAD = [
  "release",
  "date",
  "commit",
  "load",
  ...HEADLINES.map(({ key }) => `\`${key}\``),
];

/** The line of a release, cell by cell; a figure that was not measured is a dash. */
const releaseCells = (name: string, { startedAt, commit, machine, rows }: Results): string[] => [
  ...[name, startedAt.slice(0, 10), commit, machine.load.toFixed(1)],
  ...HEADLINES.map(({ key }) => {
    const row = rows.find((each) => each.key === key);
    return row ? shortly(row) : "–";
  }),
];

const cellsIn = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/**
 * The history with the line of a release: of a name that is there already, figures that this run has not measured stay.
 *
 * @param page - `bench/history.md`: text, then the table
 */
export function withRelease(page: string, name: string, results: Results): string {
  const lines = page.trimEnd().split("\n");
  const at = lines.findIndex((line) => line.startsWith("|"));
  const text = (at < 0 ? lines : lines.slice(0, at)).join("\n").trimEnd();
  const [head = [], , ...old] = at < 0 ? [] : lines.slice(at).map(cellsIn);
  // Headlines may have changed since: each cell goes by the name of its column.
  const releases = old.map((cells) =>
    RELEASE_HEAD.map((column) => cells[head.indexOf(column)] ?? "–"),
  );
  const fresh = releaseCells(name, results);
  const known = releases.find(([release]) => release === name);
  const merged = known
    ? fresh.map((cell, column) => (cell === "–" ? (known[column] ?? cell) : cell))
    : fresh;
  const rows = known
    ? releases.map((cells) => (cells === known ? merged : cells))
    : [...releases, merged];
  return `${text}\n\n${tableFrom(RELEASE_HEAD, rows)}\n`;
}
