import type { Capabilities } from "../../src/plan/plan.ts";
import type { Container } from "../../src/profile/containers.ts";
import { ASKED, type Asked, NARROW } from "./asked.ts";
import {
  AUDIO_CODECS,
  type Codec,
  isMade,
  isMadeLive,
  NAMED_CONTAINERS,
  VIDEO_CODECS,
} from "./rules.ts";

/** Something that is asked for, and how; nothing beyond a codec and a container is `PLAIN`. */
type Row = readonly [name: string, asked: Asked | readonly Asked[]];

const PLAIN: Row = ["", {}];
const FIELDS: readonly Row[] = Object.entries({ ...ASKED, ...NARROW }).toSorted(([one], [other]) =>
  one < other ? -1 : 1,
);
const CODECS: readonly Codec[] = [...VIDEO_CODECS, ...AUDIO_CODECS];

/** A way in which something is made: by an engine, perhaps without a disk, or live. */
type Way = {
  readonly title: string;
  readonly capabilities: Capabilities;
  readonly isMade: typeof isMade;
};

/** The ways of an engine of the table. */
function waysOf(title: string, capabilities: Capabilities): readonly Way[] {
  const own = { title, capabilities, isMade };
  return capabilities.engine === "wasm"
    ? [own, { ...own, title: "no disk", capabilities: { ...capabilities, streamsOutput: true } }]
    : [own];
}

/** The newest native engine with live streams: those of others differ in nothing that a profile says. */
const liveWay = (ways: readonly Way[]): readonly Way[] =>
  ways
    .filter(({ capabilities }) => capabilities.engine === "native")
    .slice(-1)
    .map((way) => ({ ...way, title: "live", isMade: isMadeLive }));

/** The ways that make files and sets: a live server gets what its protocol carries, whatever the container. */
const filesOf = (ways: readonly Way[]): readonly Way[] =>
  ways.filter((way) => way.isMade === isMade);

/** A codec in a container. */
type Pair = { readonly container: Container; readonly codec: Codec };

/** The codecs and containers that something goes with, in one way. */
const pairsOf = ([, asked]: Row, way: Way): readonly Pair[] =>
  NAMED_CONTAINERS.flatMap((container) =>
    CODECS.filter((codec) => way.isMade(asked, container, codec, way.capabilities)).map(
      (codec) => ({ container, codec }),
    ),
  );

/** All that the table asks of one engine. */
export const askAll = (title: string, capabilities: Capabilities) =>
  waysOf(title, capabilities).map((way) => [PLAIN, ...FIELDS].map((row) => pairsOf(row, way)));

const namesOf = (pairs: readonly Pair[], part: keyof Pair): readonly string[] => [
  ...new Set(pairs.map((pair) => pair[part])),
];

/** Some names of all: `all`, `all but vp9`, or the names themselves. */
function named(some: readonly string[], all: readonly string[]): string {
  const others = all.filter((one) => !some.includes(one));
  if (some.length === 0) return "–";
  if (others.length === 0) return "all";
  const isShort = others.length <= 3 && others.length < some.length;
  return isShort ? `all but ${others.join(", ")}` : some.join(", ");
}

/** With which of its codecs a way takes something that others go with. @param plain - what that way makes at all */
function cellOf(made: readonly Pair[], all: readonly Pair[], plain: readonly Pair[]): string {
  const own = namesOf(made, "codec");
  const known = namesOf(all, "codec");
  if (own.length === 0) return "no";
  const told = named(
    own,
    namesOf(plain, "codec").filter((codec) => known.includes(codec)),
  );
  return told === "all" ? "yes" : told;
}

function markdown(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const lines = [titles, titles.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`);
}

/** Which codecs each container holds that any engine makes. */
function containerTable(ways: readonly Way[]): readonly string[] {
  const all = filesOf(ways).flatMap((way) => pairsOf(PLAIN, way));
  const rows = NAMED_CONTAINERS.map((container) => {
    const codecs = namesOf(
      all.filter((pair) => pair.container === container),
      "codec",
    );
    const held = [VIDEO_CODECS, AUDIO_CODECS].map((kind) =>
      kind.filter((codec) => codecs.includes(codec)),
    );
    return [`\`${container}\``, ...held.map((some) => some.join(", ") || "–")];
  });
  return markdown(["container", "pictures", "sound"], rows);
}

/** Which codecs each engine makes. */
function codecTable(ways: readonly Way[]): readonly string[] {
  const made = ways.map((way) => namesOf(pairsOf(PLAIN, way), "codec"));
  const rows = CODECS.map((codec) => [
    `\`${codec}\``,
    ...made.map((codecs) => (codecs.includes(codec) ? "yes" : "no")),
  ]);
  return markdown(["codec", ...ways.map(({ title }) => title)], rows);
}

/** Where each field goes: into which containers and codecs, and by which engines. */
function fieldTable(ways: readonly Way[]): readonly string[] {
  const plain = ways.map((way) => pairsOf(PLAIN, way));
  const files = filesOf(ways).flatMap((way) => plain[ways.indexOf(way)] ?? []);
  const kinds = [VIDEO_CODECS, AUDIO_CODECS];
  const rows = FIELDS.map((row) => {
    const made = ways.map((way) => pairsOf(row, way));
    const all = filesOf(ways).flatMap((way) => made[ways.indexOf(way)] ?? []);
    // What goes with pictures or with sound alone is compared with those alone.
    const own = kinds.filter((kind) => all.some(({ codec }) => kind.includes(codec))).flat();
    const usual = files.filter(({ codec }) => own.includes(codec));
    const [containers, codecs] = (["container", "codec"] as const).map((part) =>
      named(namesOf(all, part), namesOf(usual, part)),
    );
    const cells = made.map((pairs, at) => cellOf(pairs, all, plain[at] ?? []));
    return [`\`${row[0]}\``, containers ?? "", codecs ?? "", ...cells];
  });
  return markdown(["field", "containers", "codecs", ...ways.map(({ title }) => title)], rows);
}

/** The tables of docs/profiles.md: what each container, codec and field goes with, by the rules that refuse tasks. */
export function profileTable(engines: Readonly<Record<string, Capabilities>>): string {
  const own = Object.entries(engines).flatMap(([title, one]) => waysOf(title, one));
  const ways = [...own, ...liveWay(own)];
  return [containerTable(ways), codecTable(ways), fieldTable(ways)]
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** A document with the tables between its two markers replaced; undefined if it has no such markers. */
export function withProfileTable(
  document: string,
  table: string,
  name: "profiles" | "hardware" = "profiles",
): string | undefined {
  const opening = `<!-- ${name}:begin -->`;
  const begin = document.indexOf(opening);
  const end = document.indexOf(`<!-- ${name}:end -->`);
  if (begin < 0 || end < begin) return undefined;
  return `${document.slice(0, begin + opening.length)}\n${table}\n${document.slice(end)}`;
}
