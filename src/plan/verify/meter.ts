import { encodedAudio } from "../args/audio.ts";
import { graphArgs, NOTHING_ELSE, streamsArgs } from "../args/streams.ts";
import type { SoundDecision } from "../decide/output-decision.ts";
import type { Filter } from "../encode/filters.ts";
import type { Step } from "../plan.ts";

/** The filter that measures loudness and true peaks, and tells them in ffmpeg's log when it ends. @param at - told in its name */
const meter = (at: number): Filter => ({
  name: `ebur128@meter${at}`,
  options: { peak: "true", framelog: "verbose" },
});

/**
 * The arguments, after those of the input, that measure sounds as they are about to be encoded, each by a meter.
 *
 * Several meters are in one graph: since 7, FFmpeg has a thread for each graph, and a meter's message ends without a new line, so those
 * of several threads run into each other, without the names of who speaks.
 */
export function meterArgs(
  sounds: readonly SoundDecision[],
  cut: readonly string[],
): readonly string[] {
  const isAlone = sounds.filter(({ audio }) => audio !== "copy").length < 2;
  const parts = sounds.flatMap(({ stream, audio }, at) => {
    if (audio === "copy") return [];
    const metered = { ...audio, channels: [...audio.channels, meter(at)] };
    const label = `metered${at}`;
    const { stream: made, chains } = encodedAudio(metered, stream, {
      specifier: `0:${stream.index}`,
      label,
    });
    const { map, filters = [] } = made;
    const out = { kind: "audio", codec: "pcm_s16le" } as const;
    const isMoved = !isAlone && filters.length > 0;
    return isMoved
      ? [
          {
            stream: { ...out, map: `[${label}]`, filters: [] },
            chains: [{ from: [map], filters, to: [label] }],
          },
        ]
      : [{ stream: { ...out, map, filters }, chains }];
  });
  return [
    ...graphArgs(parts.map(({ chains }) => ({ video: [], audio: chains }))),
    ...parts.flatMap(({ stream }) => [
      ...[...cut, ...streamsArgs([stream], false, ["-vn", ...NOTHING_ELSE])],
      ...["-f", "null", "-"],
    ]),
  ];
}

/** The run that measures the sounds of a finished output: in one graph, as `meterArgs`. */
export function outputMeterStep(count: number): Step {
  const meters = Array.from({ length: count }, (_, at) => at);
  const audio = meters.map((at) => ({
    from: [`0:a:${at}`],
    filters: [meter(at)],
    to: [`metered${at}`],
  }));
  const outputs = meters.flatMap((at) => [
    ...["-map", `[metered${at}]`, "-vn", "-sn", "-dn"],
    ...["-c:a", "pcm_s16le", "-f", "null", "-"],
  ]);
  const args = ["-i", "input", ...graphArgs([{ video: [], audio }]), ...outputs];
  return { name: "encode", args, writes: [], share: 0 };
}
