import type { AudioStream } from "../../probe/media.ts";
import { encodedAudio } from "../args/audio.ts";
import { graphArgs, NOTHING_ELSE, streamsArgs } from "../args/streams.ts";
import type { SoundDecision } from "../decide/output-decision.ts";
import type { AudioEncoding } from "../encode/audio-encoding.ts";
import type { Chain, Filter } from "../encode/filters.ts";
import type { Step } from "../plan.ts";

/** A meter by its number, and the filters from a sound to its end. */
type Metered = { readonly at: number; readonly chains: readonly Chain[] };

/** Measures what passes it; it speaks of itself by its name, once per tenth of a second quietly, and at its end. */
const meter = (at: number): Filter => ({
  name: `ebur128@meter${at}`,
  options: { peak: "true", framelog: "verbose" },
});

const labelOf = (at: number): string => `metered${at}`;

/** The arguments, after those of the input, that measure sounds as they are about to be encoded, each by a meter. */
export const meterArgs = (
  sounds: readonly SoundDecision[],
  cut: readonly string[],
): readonly string[] => {
  const meters = sounds.flatMap(({ stream, audio }, at) =>
    audio === "copy" ? [] : [{ at, chains: meteredChains(audio, stream, at) }],
  );
  return meteringArgs(meters, cut);
};

/** The run that measures the sounds of a finished output. */
export function outputMeterStep(count: number): Step {
  const meters = Array.from({ length: count }, (_, at) => ({
    at,
    chains: [{ from: [`0:a:${at}`], filters: [meter(at)], to: [labelOf(at)] }],
  }));
  return { name: "encode", args: ["-i", "input", ...meteringArgs(meters)], writes: [], share: 0 };
}

function meteredChains(encoding: AudioEncoding, source: AudioStream, at: number): readonly Chain[] {
  const metered = { ...encoding, channels: [...encoding.channels, meter(at)] };
  const place = { specifier: `0:${source.index}`, label: labelOf(at) };
  const { stream, chains } = encodedAudio(metered, source, place);
  const { map, filters } = stream;
  return filters ? [{ from: [map], filters, to: [place.label] }] : chains;
}

/**
 * All meters are in one graph: since 7, FFmpeg has a thread for each graph, and a meter's message ends without a new line, so those of
 * several threads run into each other, without the names of who speaks (`findings/ebur128-summary-without-newline.sh`).
 */
const meteringArgs = (
  meters: readonly Metered[],
  cut: readonly string[] = [],
): readonly string[] => [
  ...graphArgs([{ video: [], audio: meters.flatMap(({ chains }) => chains) }]),
  ...meters.flatMap(({ at }) => {
    const stream = { kind: "audio", map: `[${labelOf(at)}]`, codec: "pcm_s16le" } as const;
    const made = streamsArgs([stream], false, ["-vn", ...NOTHING_ELSE]);
    return [...cut, ...made, "-f", "null", "-"];
  }),
];
