import type { LivePlan } from "../../plan/live/live.ts";
import type { LiveArgsRequest, LiveInput } from "../engine.ts";
import { sourceGuards } from "../ffmpeg/probing.ts";
import { liveInputArgs, pacedInputArgs, pipedInputArgs, watchedInputArgs } from "./live-inputs.ts";
import { liveGraphArgs, liveOutputArgs, watchingArgs } from "./live-outputs.ts";

/**
 * The arguments of a run behind the general ones.
 *
 * @param ownUrl - what ffmpeg is given in place of a live address
 */
export const runArgs = (
  { plan, run, input }: LiveArgsRequest,
  options: { readonly maxPixels: number },
  ownUrl: (url: string) => string,
): readonly string[] => [
  ...inputArgs(input, plan, options, ownUrl),
  ...liveGraphArgs(plan),
  ...liveOutputArgs(plan, run, ownUrl),
  // For a file and for segments it is known in advance where they change.
  ...("url" in input ? watchingArgs(plan) : []),
];

function inputArgs(
  input: LiveInput,
  plan: LivePlan,
  { maxPixels }: { readonly maxPixels: number },
  ownUrl: (url: string) => string,
): readonly string[] {
  if ("path" in input)
    return [...sourceGuards(maxPixels), ...pacedInputArgs(input.media, input.path)];
  if ("tracks" in input) {
    const [main, audio] = input.tracks;
    return pipedInputArgs([main.media, audio?.media], plan, maxPixels);
  }
  return [
    ...["-max_pixels", String(maxPixels)],
    ...watchedInputArgs(plan),
    ...liveInputArgs(ownUrl(input.url), false),
  ];
}
