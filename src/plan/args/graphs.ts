import type { Draft } from "../decide/product.ts";
import { isLate, type StreamPart } from "./audio.ts";

/**
 * Filters that stand before all outputs of a run, of pictures and of sound.
 *
 * FFmpeg 9 holds back a graph that could give more frames than it was given, as long as what it feeds is ahead of other outputs;
 * only the first reader of a stream is let go on whenever the stream is. What decodes for several waits for the one that is held
 * back, and where the output that is behind needs further frames, all wait for each other for ever. So where filters give frames
 * of their own (silence before a late sound, black before a late picture), one graph is all that reads the stream.
 */
export type Graphs = { readonly video?: string; readonly audio?: string };

type Filtered = Pick<StreamPart, "graph">;

/** The filters of an output. */
export function graphsOf(pictures: readonly Filtered[], sounds: readonly Filtered[]): Graphs {
  const [video, audio] = [pictures, sounds].map((parts) =>
    parts.flatMap(({ graph }) => graph ?? []).join(";"),
  );
  return { ...(video && { video }), ...(audio && { audio }) };
}

/** The options that make all filters of a kind one graph. @param isJoined - whether pictures and sound share it */
export function graphArgs(
  graphs: readonly (Graphs | undefined)[],
  isJoined = false,
): readonly string[] {
  const video = graphs.flatMap((one) => one?.video ?? []);
  const audio = graphs.flatMap((one) => one?.audio ?? []);
  const chains = isJoined ? [[...video, ...audio]] : [video, audio];
  return chains.flatMap((all) => (all.length === 0 ? [] : ["-filter_complex", all.join(";")]));
}

const isBlackFirst = ({ blackSeconds = 0 }: Draft): boolean => blackSeconds > 0;

/** How many of a draft's streams of a kind are copied. */
function copiesOf({ product, set }: Draft, kind: "video" | "audio"): "none" | "some" | "all" {
  const copies = set
    ? set[`${kind}s`].map((stream) => stream === "copy")
    : [product[kind].action === "copy"];
  if (!copies.includes(true)) return "none";
  return copies.includes(false) ? "some" : "all";
}

/** Whether a set both copies a late sound and fills it: its sound is filtered together with its pictures, which it alone reads. */
export const isFilledAndCopied = (draft: Draft): boolean =>
  isLate(draft) && copiesOf(draft, "audio") === "some";

/** Encodes by the runs that make them: one, but where a stream that is filled in some is copied in others. */
export function runsOf(drafts: readonly Draft[]): readonly (readonly Draft[])[] {
  const isBlack = drafts.some(isBlackFirst);
  const keyOf = (draft: Draft): string =>
    [isBlack && copiesOf(draft, "video"), isLate(draft) && copiesOf(draft, "audio")].join();
  const runs = [...Map.groupBy(drafts, keyOf).values()];
  return isBlack ? runs.map(withOneGraph) : runs;
}

const withOneGraph = (run: readonly Draft[]): readonly Draft[] =>
  run.length > 1 ? run.map((draft) => ({ ...draft, sharesGraph: true })) : run;
