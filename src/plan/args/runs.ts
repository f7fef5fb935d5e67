import type { MediaInfo } from "../../probe/media.ts";
import { type OutputDecision, videosOf } from "../decide/output-decision.ts";
import { isSped } from "../encode/framerate.ts";
import { isLate } from "./audio.ts";

const isBlackFirst = ({ blackSeconds = 0 }: OutputDecision): boolean => blackSeconds > 0;

/** Its graph reads a picture beside the source, which never ends: it may give out more pictures than it gets. */
const isMarked = ({ reads = [] }: OutputDecision): boolean => reads.length > 0;

/** How many of an output's streams of a kind are copied. */
function copiesOf(
  { product, set }: OutputDecision,
  kind: "video" | "audio",
): "none" | "some" | "all" {
  const copies = set
    ? set[`${kind}s`].map((stream) => stream === "copy")
    : kind === "audio" && product.sounds
      ? product.sounds.map(({ audio }) => audio.action === "copy")
      : [product[kind].action === "copy"];
  if (!copies.includes(true)) return "none";
  return copies.includes(false) ? "some" : "all";
}

/**
 * Whether a set both copies a late sound and fills it with silence. Its audio and video filters then form one graph, and
 * no other graph reads its pictures.
 */
export const isFilledAndCopied = (decision: OutputDecision): boolean =>
  isLate(decision) && copiesOf(decision, "audio") === "some";

/**
 * Groups encodes into runs. There is one run, unless some outputs copy a late stream and others fill the time before it:
 * these get runs of their own.
 */
export function runsOf(
  decisions: readonly OutputDecision[],
  media: MediaInfo,
): readonly (readonly OutputDecision[])[] {
  const isBlack = decisions.some(isBlackFirst);
  const keyOf = (decision: OutputDecision): string =>
    [
      isBlack && copiesOf(decision, "video"),
      isLate(decision) && copiesOf(decision, "audio"),
    ].join();
  const isSpedUp = (decision: OutputDecision): boolean =>
    videosOf(decision).some(({ rate }) => media.video && isSped(rate, media.video));
  const runs = [...Map.groupBy(decisions, keyOf).values()];
  const isOneGraph = (run: readonly OutputDecision[]) =>
    isBlack || run.some(isSpedUp) || run.some(isMarked);
  return runs.map((run) => (isOneGraph(run) ? withOneGraph(run) : run));
}

const withOneGraph = (run: readonly OutputDecision[]): readonly OutputDecision[] =>
  run.length > 1 ? run.map((decision) => ({ ...decision, sharesGraph: true })) : run;
