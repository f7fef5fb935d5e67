import { join } from "node:path";
import * as v from "valibot";
import { distance } from "../profile/nearest-names.ts";
import { type Config, ConfigError, type Environment } from "./config.ts";
import { fleetFaults, shownDatabase, type WrittenDatabase } from "./fleet/fleet-keys.ts";
import { CALLER_KEYS, type Key } from "./key.ts";
import { KEYS } from "./keys.ts";
import { settleWatches } from "./watch/settle-watches.ts";
import type { WrittenWatch } from "./watch/watch-keys.ts";

/** The config before its watches and its database are held against the other keys. */
type Parsed = Omit<Config, "watches" | "databasePath" | "databaseUrl"> & {
  readonly watches?: readonly WrittenWatch[];
  readonly databasePath?: WrittenDatabase;
};

const SHOWN_LENGTH_MAX = 200;
/** A key that differs in more letters is taken for another word rather than a typing error. */
const SLIPS_MAX = 4;

/**
 * Reads the config from the environment; an empty value counts as absent.
 *
 * @param options - `cores`: how many tasks run at once by default
 * @returns the config, and one sentence for every `PONTUS_` key that does not exist
 * @throws {ConfigError} naming every wrong key, its value (unless it is a secret) and what is allowed
 */
export function parseConfig(
  env: Environment,
  { cores }: { readonly cores: number },
): { readonly config: Config; readonly warnings: readonly string[] } {
  const problems: string[] = [];
  const read = <T>(key: Key<T>, names = [key.env], fallback = key.fallback): T | undefined => {
    const name = names.find((each) => env[each]) ?? key.env;
    const text = env[name] || fallback;
    const result = v.safeParse(key.schema, text, { abortPipeEarly: true });
    if (result.success) return result.output;
    problems.push(...describe(name, text, key, result.issues));
    return undefined;
  };

  let slots = cores;
  const fields = Object.entries(KEYS).map(([field, key]) => {
    if (field === "port") return [field, read<unknown>(key, ["PONTUS_PORT", "PORT"])];
    if (field === "concurrency") {
      slots = read(KEYS.concurrency, [key.env], String(cores)) ?? cores;
      return [field, slots];
    }
    if (field === "liveWaitingMax")
      return [field, read<unknown>(key, [key.env], String(Math.max(1, slots - 1)))];
    return [field, read<unknown>(key)];
  });
  // Complete, as KEYS has every field, and a value that could not be read throws below.
  const {
    watches: written = [],
    databasePath: database = { path: "" },
    ...parsed
  } = Object.fromEntries(fields) as Parsed;
  if (parsed.mediaRoots?.includes(parsed.dataFolder))
    problems.push(
      `Cannot use PONTUS_MEDIA_ROOTS ${quote(parsed.dataFolder)}: that is the data folder, which callers must not reach`,
    );
  if (parsed.sandbox === "bwrap" && parsed.engine === "wasm")
    problems.push(
      `Cannot use ${KEYS.sandbox.env} "bwrap" with ${KEYS.engine.env} "wasm": that engine starts no program`,
    );
  if ((parsed.s3AccessKeyId === "") !== (parsed.s3SecretAccessKey === ""))
    problems.push(
      `Cannot use ${KEYS.s3AccessKeyId.env} and ${KEYS.s3SecretAccessKey.env}: one of them is missing`,
    );
  // What they depend on could not be read.
  const isSound = parsed.mediaRoots !== undefined && parsed.dataFolder !== undefined;
  const { watches, faults } = settleWatches(isSound ? written : [], parsed);
  problems.push(...faults.map((fault) => `Cannot use ${KEYS.watches.env}: ${fault}`));
  const places = placesOf(database, parsed.dataFolder ?? "");
  problems.push(...fleetFaults(parsed, places.databaseUrl));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: { ...parsed, watches, ...places }, warnings: unknownKeys(env) };
}

/** Where everything is kept. With a server there is no file. */
function placesOf(
  written: WrittenDatabase,
  dataFolder: string,
): Pick<Config, "databasePath" | "databaseUrl"> {
  if ("url" in written) return { databasePath: ":memory:", databaseUrl: written.url };
  return { databasePath: written.path || join(dataFolder, "pontus.db"), databaseUrl: undefined };
}

function describe(
  name: string,
  text: string,
  { isSecret, tellsParts, allowed }: Key<unknown>,
  issues: readonly v.BaseIssue<unknown>[],
): string[] {
  if (!isSecret && !tellsParts) return [`Cannot use ${name} ${quote(text)}: allowed is ${allowed}`];
  return issues.map((issue) => {
    const path = v.getDotPath(issue);
    return `Cannot use ${name}: ${path === null ? "" : `${path} `}${issue.message}`;
  });
}

const quote = (text: string): string =>
  JSON.stringify(shownDatabase(text).slice(0, SHOWN_LENGTH_MAX));

function unknownKeys(env: Environment): string[] {
  const known = Object.values(KEYS).map((key) => key.env);
  const callers = Object.values<string>(CALLER_KEYS);
  return Object.keys(env)
    .filter((name) => name.startsWith("PONTUS_") && ![...known, ...callers].includes(name))
    .map((name) => {
      const [nearest] = known
        .map((key) => ({ key, slips: distance(name, key) }))
        .sort((a, b) => a.slips - b.slips);
      const hint = nearest && nearest.slips <= SLIPS_MAX ? `; did you mean ${nearest.key}?` : "";
      return `There is no key ${name}${hint}`;
    });
}
