import { languageCode } from "../../manifest/write/language.ts";
import { GAIN_MAX } from "../../plan/encode/loudness.ts";
import type { Expectation, PlannedOutput, PlannedSound } from "../../plan/plan.ts";
import { WrongOutput } from "../../plan/verify/wrong-output.ts";
import type { AudioStream, Loudness, MediaInfo } from "../../probe/media.ts";
import type { OutputSound } from "../../task/task.ts";
import type { Warning } from "../../task/warnings.ts";
import type { JudgingRun } from "../run.ts";
import { loudnessIn, type Measuring } from "../sound/measure-loudness.ts";
import type { CountedSource } from "./counted-source.ts";
import { isComparedCopy, judgeEndOf } from "./verify-end.ts";

/** How far an output may be from the loudness that was asked for, in LU (EBU R 128 of live programmes allows twice as much). */
const LOUDNESS_SLACK_LU = 0.5;

const SILENT_LUFS = -70;

/**
 * Verifies a file whose sounds were chosen: each of them as if it were the only one, and the video.
 *
 * @param path - absolute path of the file
 * @returns the probed file, with the first of the sounds, and what its sounds are
 * @throws {TaskError} `output_wrong`, or what probing threw
 */
export async function verifySounds(
  product: PlannedOutput,
  sounds: readonly PlannedSound[],
  path: string,
  source: CountedSource,
  run: JudgingRun & Pick<Measuring, "folder">,
): Promise<{ readonly made: MediaInfo; readonly heard: readonly OutputSound[] }> {
  const { engine, signal, warn } = run;
  const isCounted = [product.expect, ...sounds.map(({ expect }) => expect)].some(isComparedCopy);
  const made = await engine.probe({ path, side: "output", packets: isCounted }, signal);
  const streams = made.streams.filter((stream) => stream.kind === "audio");
  if (streams.length !== sounds.length)
    throw new WrongOutput(`it has ${streams.length} sounds, not ${sounds.length}`);
  const [first] = sounds;
  const whole = viewOf(made, made.video, streams[0]);
  await warn(await source.judge(product.expect, whole, first?.stream));
  if (made.video) {
    const expect = withoutSound(product.expect);
    await judgeEndOf("v:0", { path, expect, isCounted }, viewOf(made, made.video), engine, signal);
  }
  for (const [at, sound] of sounds.entries()) {
    const stream = streams[at];
    if (!stream) continue;
    const { expect } = sound;
    const view = viewOf(made, undefined, stream);
    const look = async () => {
      await warn(await source.judge(expect, { ...view, ...lasting(made) }, sound.stream));
      judgeChannels(sound, stream);
      judgeLanguage(sound, stream);
      await judgeEndOf(`a:${at}`, { path, expect, isCounted }, view, engine, signal);
    };
    await source.blaming({ ...product, audio: sound.audio, expect }, look, sound.stream);
  }
  const loud = await measured(sounds, path, run);
  await warn(sounds.flatMap((sound, at) => loudnessWarnings(sound, loud[at])));
  const heard = sounds.flatMap((sound, at) => describeSound(sound, streams[at], loud[at]));
  return { made: whole, heard };
}

const lasting = ({ durationSeconds }: MediaInfo) => ({
  ...(durationSeconds !== undefined && { durationSeconds }),
});

const withoutSound = ({ audio: _, ...expect }: Expectation): Expectation => expect;

/** A file with some of its streams alone; of one stream it lasts as long as that. */
function viewOf(made: MediaInfo, video: MediaInfo["video"], audio?: AudioStream): MediaInfo {
  const { video: _, audio: __, durationSeconds, ...rest } = made;
  const seconds = video && audio ? durationSeconds : (video ?? audio)?.durationSeconds;
  return {
    ...rest,
    ...(seconds !== undefined && { durationSeconds: seconds }),
    ...(video && { video }),
    ...(audio && { audio }),
  };
}

/** @throws {TaskError} `output_wrong` if a sound has other channels than was planned */
export function judgeChannels({ channels }: PlannedSound, stream: AudioStream): void {
  if (channels !== undefined && stream.channels !== channels)
    throw new WrongOutput(`a sound has ${stream.channels} channels, not ${channels}`, "audio");
}

/** @throws {TaskError} `output_wrong` if a sound is said to be in another language than was planned */
function judgeLanguage({ label }: PlannedSound, stream: AudioStream): void {
  const told = stream.language === undefined ? undefined : languageCode(stream.language);
  if (told !== label.language)
    throw new WrongOutput(
      `a sound is in the language "${told ?? "und"}", not "${label.language ?? "und"}"`,
      "audio",
    );
}

/** How loud the sounds of an output are whose loudness was set; nothing is measured if there are none. */
export async function measured(
  sounds: readonly PlannedSound[],
  path: string,
  run: Measuring,
): Promise<readonly Loudness[]> {
  return sounds.some(({ loudness }) => loudness) ? loudnessIn(path, sounds.length, run) : [];
}

/** Warns of a sound that is not as loud as was asked for. */
export function loudnessWarnings(
  { loudness, stream }: PlannedSound,
  after: Loudness | undefined,
): readonly Warning[] {
  if (!loudness || !after) return [];
  const { wantedLufs } = loudness;
  if (Math.abs(after.integratedLufs - wantedLufs) <= LOUDNESS_SLACK_LU) return [];
  const isSilent = after.integratedLufs <= SILENT_LUFS;
  const why = isSilent
    ? "it is silent"
    : `its peaks, its encoder or the highest gain of ${GAIN_MAX} dB do not allow it`;
  const message = `The sound of stream ${stream.index} is at ${after.integratedLufs} LUFS, not at ${wantedLufs}: ${why}`;
  return [{ code: "loudness_missed", message }];
}

/** What a caller is told of one of several sounds. */
export function describeSound(
  { label, loudness }: PlannedSound,
  stream: AudioStream | undefined,
  after: Loudness | undefined,
): readonly OutputSound[] {
  if (!stream) return [];
  const { language, title, dispositions, isDefault } = label;
  return [
    {
      codec: stream.codec,
      channels: stream.channels,
      samplerateHz: stream.samplerateHz,
      ...(stream.bitrateBps !== undefined && { bitrateBps: stream.bitrateBps }),
      ...(language !== undefined && { language }),
      ...(title !== undefined && { title }),
      ...{ dispositions, isDefault },
      ...(loudness?.before && after && { loudness: { before: loudness.before, after } }),
    },
  ];
}
