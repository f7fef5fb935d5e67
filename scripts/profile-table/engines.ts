import { readFileSync } from "node:fs";
import type { Capabilities } from "../../src/plan/plan.ts";

const LISTS = ["encoders", "muxers", "filters", "deepEncoders"] as const;

/** What the rules ask of an engine, and it has: names, with spaces between them. */
type Measured = Pick<Capabilities, "engine"> & Readonly<Record<(typeof LISTS)[number], string>>;

/** The engines that the table has a column for. */
export type EngineColumn = "FFmpeg 5.1" | "FFmpeg 7.1" | "FFmpeg 9.0" | "WebAssembly";

/** Where what was measured is kept. */
export const ENGINES_FILE = new URL("engines.json", import.meta.url);

/** What was measured, as capabilities that rules take. */
export function measuredEngines(): Readonly<Record<EngineColumn, Capabilities>> {
  const all = JSON.parse(readFileSync(ENGINES_FILE, "utf8")) as Record<EngineColumn, Measured>;
  const filled = Object.entries(all).map(([title, { engine, ...texts }]) => {
    const lists = LISTS.map((list) => [list, texts[list].split(" ")]);
    const rest = { version: "", protocols: [], options: [], threads: 2 };
    return [title, { engine, ...rest, ...Object.fromEntries(lists) }];
  });
  return Object.fromEntries(filled) as Record<EngineColumn, Capabilities>;
}

/**
 * What of an engine's capabilities is asked for, and is there: the rest of its hundreds of names decides nothing.
 *
 * @param ask - puts all questions to the capabilities that it is given
 */
export function whatIsAsked(
  capabilities: Capabilities,
  ask: (of: Capabilities) => unknown,
): Measured {
  const found = LISTS.map((list) => {
    const asked = new Set<string>();
    const names = new Proxy(capabilities[list], {
      get: (target, key) =>
        key === "includes"
          ? (name: string) => {
              if (target.includes(name)) asked.add(name);
              return target.includes(name);
            }
          : Reflect.get(target, key),
    });
    return { list, names, asked };
  });
  ask({ ...capabilities, ...Object.fromEntries(found.map(({ list, names }) => [list, names])) });
  const lists = found.map(({ list, asked }) => [list, [...asked].toSorted().join(" ")]);
  return { engine: capabilities.engine, ...Object.fromEntries(lists) } as Measured;
}
