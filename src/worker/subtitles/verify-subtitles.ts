import { join } from "node:path";
import type { PlannedOutput } from "../../plan/plan.ts";
import { judgeCues, judgeSubtitles } from "../../plan/verify/finished-subtitles.ts";
import { demuxerOf } from "../../probe/formats.ts";
import type { MediaInfo } from "../../probe/media.ts";
import type { JudgingRun } from "../run.ts";
import { readTexts } from "./text-files.ts";

/**
 * Verifies the subtitles of a finished file: their tracks, and that each has all of its texts.
 *
 * @param made - the probed file
 * @throws {TaskError} `output_wrong`, or what reading them threw
 */
export async function verifySubtitles(
  { subtitles, entry }: PlannedOutput,
  made: MediaInfo,
  folder: string,
  { engine, signal }: JudgingRun,
): Promise<void> {
  if (!subtitles) return;
  judgeSubtitles(subtitles, made);
  const read = subtitles.map((_, at) => `subtitles/read-${at}.vtt`);
  const args = [
    ...["-f", demuxerOf(made.format), "-i", "input"],
    ...read.flatMap((file, at) => ["-map", `0:s:${at}`, "-c:s", "webvtt", "-f", "webvtt", file]),
  ];
  const step = { name: "subtitles", args, writes: read, share: 0 } as const;
  const deaf = { onProgress: () => {}, onLog: () => {} };
  await engine.run({ step, folder, inputPath: join(folder, entry), isOurs: true, ...deaf }, signal);
  for (const [at, { file }] of subtitles.entries()) {
    const { cues } = await readTexts(join(folder, read[at] ?? ""));
    judgeCues(at, (await readTexts(join(folder, file))).cues.length, cues.length);
  }
}
