import type { Capabilities } from "../plan/plan.ts";

const union = (lists: readonly (readonly string[] | undefined)[]): readonly string[] =>
  [...new Set(lists.flatMap((list) => list ?? []))].toSorted();

/** The newest of several versions, of which the first number that differs decides. */
const newest = (versions: readonly string[]): string =>
  versions.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1) ?? "";

/** What some node of several can; undefined if there is none. */
export function allCapabilities(each: readonly Capabilities[]): Capabilities | undefined {
  const [first] = each;
  if (!first) return undefined;
  const known = each.some(({ captionEncoders }) => captionEncoders !== undefined);
  const limits = each.map(({ outputPixelsMax = Number.POSITIVE_INFINITY }) => outputPixelsMax);
  const pixels = Math.max(...limits);
  return {
    engine: each.some(({ engine }) => engine === "native") ? "native" : "wasm",
    version: newest(each.map(({ version }) => version)),
    encoders: union(each.map(({ encoders }) => encoders)),
    muxers: union(each.map(({ muxers }) => muxers)),
    filters: union(each.map(({ filters }) => filters)),
    protocols: union(each.map(({ protocols }) => protocols)),
    options: union(each.map(({ options }) => options)),
    threads: Math.max(...each.map(({ threads }) => threads)),
    deepEncoders: union(each.map(({ deepEncoders }) => deepEncoders)),
    ...(known && { captionEncoders: union(each.map(({ captionEncoders }) => captionEncoders)) }),
    ...(Number.isFinite(pixels) && { outputPixelsMax: pixels }),
    ...(each.every(({ streamsOutput }) => streamsOutput) && { streamsOutput: true }),
    engines: each,
  };
}

/** A list that has every name in it. */
class EveryName extends Array<string> {
  override includes(): boolean {
    return true;
  }
}

/** What some FFmpeg can, where no node has told yet what its own can: a worker may come that does. */
export const everything: Capabilities = {
  engine: "native",
  version: "any",
  encoders: new EveryName(),
  muxers: new EveryName(),
  filters: new EveryName(),
  protocols: new EveryName(),
  options: new EveryName(),
  threads: 1,
  deepEncoders: new EveryName(),
  captionEncoders: new EveryName(),
};
