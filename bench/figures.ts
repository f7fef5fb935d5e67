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

/** The languages of the pages that show figures. */
export type Language = "en" | "zh";

/** A row, what it says, and the part of the benchmark that measures it. */
type Headline = {
  readonly key: string;
  readonly says: Readonly<Record<Language, string>>;
  readonly by: string;
};

/** The rows that the README shows in both languages and `bench/history.md` keeps for each release, in their order; short, as all are narrow. */
const HEADLINES: readonly Headline[] = [
  {
    key: "creates.bullmq",
    says: { en: "creates, to BullMQ", zh: "创建 ÷ BullMQ" },
    by: "creates",
  },
  {
    key: "tasks.wall",
    says: { en: "task, to bare ffmpeg: wall", zh: "任务 ÷ ffmpeg：时间" },
    by: "tasks",
  },
  {
    key: "reuse.cpu",
    says: { en: "again, to the first: CPU", zh: "再次 ÷ 首次：CPU" },
    by: "reuse",
  },
  {
    key: "resume.wall",
    says: { en: "slices, to whole: wall", zh: "分片 ÷ 整体：时间" },
    by: "resume",
  },
  {
    key: "growing.seen",
    says: { en: "POST to first segment", zh: "POST 到首个分片" },
    by: "growing",
  },
  {
    key: "service.first-create",
    says: { en: "start to first POST", zh: "启动到首个 POST" },
    by: "start",
  },
  {
    key: "wasm.Bun.10.veryfast.native",
    says: { en: "wasm, to native: wall", zh: "wasm ÷ 原生：时间" },
    by: "wasm-speed",
  },
  {
    key: "fleet.boss-batches",
    says: { en: "fleet, to pg-boss", zh: "集群 ÷ pg-boss" },
    by: "fleet",
  },
];

const HEADS: Readonly<Record<Language, readonly string[]>> = {
  en: ["figure", "measured", "bar", "`bench --only`"],
  zh: ["数据", "测得", "要求", "`bench --only`"],
};
const MISSED: Readonly<Record<Language, string>> = { en: " (missed)", zh: " 未达到" };

/** A figure in a few letters: what it is to its peer, or itself. */
const shortly = ({
  ratio,
  ours,
}: Pick<Row, "ours"> & { readonly ratio?: number | null }): string =>
  typeof ratio === "number" ? `${figure(ratio)} x` : ours;

/** The table of a README: the headlines that were kept; empty where none was. */
export function figuresTable(kept: Kept, language: Language = "en"): string {
  const rows = HEADLINES.flatMap(({ key, says, by }) => {
    const row = kept[key];
    if (!row) return [];
    const mark = row.isMet === false ? MISSED[language] : "";
    const measured = `${shortly(row)}${row.isQuick ? ", quick" : ""}${mark}`;
    return [[says[language], measured, row.bar, `\`${by}\``]];
  });
  return rows.length > 0 ? packed(HEADS[language], rows) : "";
}

/** A table whose columns are not aligned: pages have no room for blanks. */
const packed = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `|${cells.join("|")}|`).join("\n");

const BEGIN = "<!-- figures:begin -->";
const END = "<!-- figures:end -->";

/** A page with the table between its markers; undefined where it has none. */
export function withFigures(
  page: string,
  kept: Kept,
  language: Language = "en",
): string | undefined {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) return undefined;
  const lines = [figuresTable(kept, language)].filter((text) => text !== "");
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
