import * as v from "valibot";
import { maskSecrets } from "../../lib/mask.ts";
import { templateFault } from "../../service/watching/template.ts";
import type { Config } from "../config.ts";
import { type Key, seconds } from "../key.ts";

/** As deep as a path can be with names of some length. */
const DEPTH_MAX = 32;
const DEPTH = 8;
/** Each is a loop of its own. */
const WATCHES_MAX = 32;

/** A watch as it was written: its folder and target are not resolved yet. */
export type WrittenWatch = v.InferOutput<typeof watch>;

// All messages are our own: they name the watch and the field.
const text = v.pipe(v.string(), v.regex(/^[^\p{Cc}]+$/u, "must be a text of one line"));

const watch = v.pipe(
  v.strictObject(
    {
      folder: text,
      target: text,
      profile: v.optional(text),
      client: v.optional(text, "default"),
      depth: v.optional(
        v.pipe(
          v.string(),
          v.regex(/^\d{1,2}$/, `must be a whole number from 0 to ${DEPTH_MAX}`),
          v.transform(Number),
          v.maxValue(DEPTH_MAX, `must be a whole number from 0 to ${DEPTH_MAX}`),
        ),
        String(DEPTH),
      ),
      extensions: v.optional(
        v.pipe(
          text,
          v.regex(
            /^[^\s./]+( +[^\s./]+)*$/,
            "must be extensions without dots, separated by spaces",
          ),
          v.transform((words) => words.toLowerCase().split(/ +/)),
        ),
      ),
    },
    ({ expected }) => (expected === "never" ? "is no field of a watch" : "is missing"),
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const message = templateFault(dataset.value.target, dataset.value.depth);
    if (message !== undefined) addIssue({ message });
  }),
);

/** `folder=in,target=out/{dir}{name}.mp4; folder=…` as one record of texts for each watch. @returns why it is none, as a text */
function recordsOf(written: string): readonly Readonly<Record<string, string>>[] | string {
  const records: Record<string, string>[] = [];
  for (const each of written.split(";").filter((part) => part.trim() !== "")) {
    const record = new Map<string, string>();
    for (const pair of each.split(",")) {
      const at = pair.indexOf("=");
      const name = pair.slice(0, Math.max(0, at)).trim();
      const fault = pairFault(name, pair.trim(), record);
      if (fault !== undefined) return fault;
      record.set(name, pair.slice(at + 1).trim());
    }
    records.push(Object.fromEntries(record));
  }
  return records;
}

function pairFault(
  name: string,
  pair: string,
  record: ReadonlyMap<string, string>,
): string | undefined {
  if (name === "") return `"${maskSecrets(pair)}" is not of the form field=value`;
  return record.has(name) ? `the field "${name}" is there twice in one watch` : undefined;
}

const list = v.pipe(v.array(watch), v.maxLength(WATCHES_MAX, `there are more than ${WATCHES_MAX}`));

const watches = v.pipe(
  v.string(),
  v.rawTransform<string, readonly WrittenWatch[]>(({ dataset, addIssue, NEVER }) => {
    const records = recordsOf(dataset.value);
    const read = v.safeParse(list, records);
    if (read.success) return read.output;
    const faults = typeof records === "string" ? [records] : read.issues.map(tell);
    for (const message of faults) addIssue({ message });
    return NEVER;
  }),
);

/** Which watch it is about, counted from 1, and which field of it. */
function tell(issue: v.BaseIssue<unknown>): string {
  const [at, field] = v.getDotPath(issue)?.split(".") ?? [];
  if (at === undefined) return issue.message;
  return `watch ${Number(at) + 1}: ${field === undefined ? "" : `${field} `}${issue.message}`;
}

/** The fields of the config about watched folders, as they are written. */
type WatchKeys = {
  readonly watches: Key<readonly WrittenWatch[]>;
  readonly watchSettleMs: Key<Config["watchSettleMs"]>;
  readonly watchIntervalMs: Key<Config["watchIntervalMs"]>;
};

/** The keys of watched folders. */
export const WATCH_KEYS: WatchKeys = {
  watches: {
    env: "PONTUS_WATCH",
    fallback: "",
    shown: "none",
    allowed:
      "watches separated by `;`, each of fields separated by commas: folder=…, target=…, and if wanted profile=…, client=…, depth=…, extensions=…",
    about:
      "Folders in the media roots whose files become tasks by themselves, such as `folder=in,profile=video_mp4_640x360_520kbps,target=out/{dir}{name}.mp4`: [watched folders](operations.md#watched-folders).",
    tellsParts: true,
    schema: watches,
  },
  watchSettleMs: {
    env: "PONTUS_WATCH_SETTLE_SECONDS",
    fallback: "10",
    ...seconds(0, 86_400),
    about:
      "How long a file of a watched folder must have kept its size and its time to be taken for whole.",
  },
  watchIntervalMs: {
    env: "PONTUS_WATCH_INTERVAL_SECONDS",
    fallback: "5",
    ...seconds(1, 3600),
    about: "How long watched folders are left alone between two looks.",
  },
};
