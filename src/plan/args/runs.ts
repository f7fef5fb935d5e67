import type { Draft } from "../decide/output-decision.ts";
import { isLate } from "./audio.ts";

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
