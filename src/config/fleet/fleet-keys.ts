import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as v from "valibot";
import { maskSecrets } from "../../lib/mask.ts";
import type { Config } from "../config.ts";
import { count, type Key, oneOf, seconds } from "../key.ts";

/** Where everything is kept, as it was written: a server of PostgreSQL by its address, or a file of SQLite by its path. */
export type WrittenDatabase =
  | { readonly url: string }
  | {
      /** Absolute, `:memory:`, or empty for the one in the data folder. */
      readonly path: string;
    };

const isServer = (text: string): boolean => /^postgres(ql)?:\/\//i.test(text);

/**
 * A text without secrets, as `maskSecrets` gives it, and the address of a server without all that may be its password: one that is not
 * written as an address needs it, with `/` or `#` in it, ends at the last `@` all the same.
 */
export const shownDatabase = (text: string): string =>
  maskSecrets(isServer(text) ? text.replace(/:\/\/.*@/s, "://***@") : text);

/** A server without a name of its host is on a socket, which its query names. */
function isServerUrl(text: string): boolean {
  const url = URL.parse(text.replace("@/", "@socket/"));
  if (url === null) return false;
  const hasHost = url.hostname !== "" && !text.includes("@/");
  return hasHost || url.searchParams.has("host");
}

function isFileUrl(text: string): boolean {
  try {
    return text.startsWith("file:///") && fileURLToPath(text) !== "/";
  } catch {
    return false;
  }
}

const database = v.pipe(
  v.string(),
  v.check((text) => {
    if (isServer(text)) return isServerUrl(text);
    return text === ":memory:" || !/^[a-z][a-z0-9+.-]+:/i.test(text) || isFileUrl(text);
  }),
  v.transform((text): WrittenDatabase => {
    if (isServer(text)) return { url: text };
    if (text === "" || text === ":memory:") return { path: text };
    return { path: isFileUrl(text) ? fileURLToPath(text) : resolve(text) };
  }),
);

/** The key of the database. */
export const DATABASE_KEY: Key<WrittenDatabase> = {
  env: "PONTUS_DATABASE_URL",
  fallback: "",
  shown: "`pontus.db` in the data folder",
  allowed: "a path, a file:/// URL, :memory: or a postgres:// URL",
  about:
    "The SQLite database; `:memory:` forgets everything at the end. `postgres://USER:PASSWORD@HOST/DATABASE` is a PostgreSQL server, which many nodes share ([fleet.md](fleet.md)).",
  schema: database,
};

/** What begins the names of files: a bucket of S3 with or without a prefix, a server of HTTP, a folder. */
const slicePlace = v.pipe(
  v.string(),
  v.check((text) => {
    if (/^s3:/i.test(text))
      return /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^?#\p{Cc}]*)?$/u.test(text);
    if (/^https?:/i.test(text)) return isPlainUrl(text);
    return isFileUrl(text) || !(/^[a-z][a-z0-9+.-]+:/i.test(text) || /\p{Cc}/u.test(text));
  }),
  v.transform((text) => {
    if (text === "") return "";
    const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(text);
    return (isUrl ? text : pathToFileURL(resolve(text)).href).replace(/\/+$/, "");
  }),
);

function isPlainUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && `${url.search}${url.hash}` === "";
}

type FleetField =
  | "role"
  | "zone"
  | "databaseConnectionsMax"
  | "sliceStore"
  | "sliceMinMs"
  | "sliceMs";

/** The keys of a node among others. */
export const FLEET_KEYS: { readonly [F in FleetField]: Key<Config[F]> } = {
  role: {
    env: "PONTUS_ROLE",
    fallback: "all",
    ...oneOf("all", "api", "worker"),
    about:
      "What this node does: `api` answers calls and runs no tasks, `worker` runs tasks and answers none of their calls. Both need a PostgreSQL server.",
  },
  zone: {
    env: "PONTUS_ZONE",
    fallback: "",
    shown: "none",
    allowed: "a name of up to 64 characters",
    about: "Where this node stands, which operators see beside it.",
    schema: v.pipe(v.string(), v.regex(/^[^\p{Cc}]{0,64}$/u)),
  },
  databaseConnectionsMax: {
    env: "PONTUS_DATABASE_CONNECTIONS",
    fallback: "10",
    ...count(2, 1000),
    about:
      "How many connections this node holds to a PostgreSQL server at most, beside two: one that listens, and one of pg-boss.",
  },
  sliceStore: {
    env: "PONTUS_SLICE_STORE",
    fallback: "",
    shown: "none: each task is one worker's",
    allowed: "s3://BUCKET/PREFIX, an http: or https: address, or a folder that all workers share",
    about:
      "Where workers of a fleet leave slices of long files for each other: with it, one file is encoded by [many workers](fleet.md#one-file-on-many-workers). The same on all workers.",
    schema: slicePlace,
  },
  sliceMinMs: {
    env: "PONTUS_SLICE_MIN_SECONDS",
    fallback: "600",
    ...seconds(6, 1_209_600),
    about: "Shorter sources are encoded by one worker. The same on all workers.",
  },
  sliceMs: {
    env: "PONTUS_SLICE_SECONDS",
    fallback: "60",
    ...seconds(3, 120),
    about:
      "About how long a slice is, of those that workers share and of those that outlive a crash: a slot that makes one is taken until it ends. The same on all workers.",
  },
};

/** What keys of a fleet ask of others. @returns what is wrong, one sentence each */
export function fleetFaults(
  config: Partial<
    Pick<Config, "role" | "secretKey" | "sliceStore" | "s3AccessKeyId" | "engine" | "disk">
  >,
  url: string | undefined,
): readonly string[] {
  return [...roleFaults(config, url), ...sliceFaults(config, url)];
}

function sliceFaults(
  {
    sliceStore: store = "",
    s3AccessKeyId = "",
    engine,
    disk,
  }: Partial<Pick<Config, "sliceStore" | "s3AccessKeyId" | "engine" | "disk">>,
  url: string | undefined,
): readonly string[] {
  if (store === "") return [];
  const refuse = (why: string) => [`Cannot use ${FLEET_KEYS.sliceStore.env}: ${why}`];
  if (url === undefined)
    return refuse("PONTUS_DATABASE_URL names no PostgreSQL server that other workers share");
  if (store.startsWith("s3:") && s3AccessKeyId === "")
    return refuse("there is no key of S3 (PONTUS_S3_ACCESS_KEY_ID)");
  if (engine === "wasm") return refuse("only the engine native shares slices");
  if (disk === "no") return refuse("PONTUS_DISK is no, and slices are joined on a disk");
  return [];
}

function roleFaults(
  { role = "all", secretKey = "" }: Partial<Pick<Config, "role" | "secretKey">>,
  url: string | undefined,
): readonly string[] {
  if (role === "all") return [];
  if (url === undefined)
    return [
      `Cannot use PONTUS_ROLE "${role}": PONTUS_DATABASE_URL names no PostgreSQL server that other nodes share`,
    ];
  if (secretKey === "")
    return [
      `Cannot use PONTUS_ROLE "${role}": PONTUS_SECRET_KEY is not set, and must be the same for all nodes`,
    ];
  return [];
}
