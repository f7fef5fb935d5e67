import { encodedAudio } from "../args/audio.ts";
import { chainText, graphArgs, NOTHING_ELSE, streamsArgs } from "../args/streams.ts";
import type { SoundDecision } from "../decide/output-decision.ts";
import type { Filter } from "../encode/filters.ts";
import type { Step } from "../plan.ts";

/** The filter that measures loudness and true peaks, and tells them in ffmpeg's log when it ends. @param at - told in its name */
const meter = (at: number): Filter => ({
  name: `ebur128@meter${at}`,
  options: { peak: "true", framelog: "verbose" },
});

/** The arguments, after those of the input, that measure sounds as they are about to be encoded, each by a meter. */
export function meterArgs(
  sounds: readonly SoundDecision[],
  cut: readonly string[],
): readonly string[] {
  const parts = sounds.flatMap(({ stream, audio }, at) => {
    if (audio === "copy") return [];
    const metered = { ...audio, channels: [...audio.channels, meter(at)] };
    const { stream: made, chains } = encodedAudio(metered, stream, {
      specifier: `0:${stream.index}`,
      label: `metered${at}`,
    });
    const { map, filters = [] } = made;
    return [{ stream: { kind: "audio", map, filters, codec: "pcm_s16le" } as const, chains }];
  });
  return [
    ...graphArgs(parts.map(({ chains }) => ({ video: [], audio: chains }))),
    ...parts.flatMap(({ stream }) => [
      ...[...cut, ...streamsArgs([stream], false, ["-vn", ...NOTHING_ELSE])],
      ...["-f", "null", "-"],
    ]),
  ];
}

/** The run that measures the sounds of a finished output. */
export function outputMeterStep(count: number): Step {
  const parts = Array.from({ length: count }, (_, at) => [
    ...["-map", `0:a:${at}`, "-vn", "-sn", "-dn", "-af", chainText([meter(at)])],
    ...["-c:a", "pcm_s16le", "-f", "null", "-"],
  ]);
  return { name: "encode", args: ["-i", "input", ...parts.flat()], writes: [], share: 0 };
}
