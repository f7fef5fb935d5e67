import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { refuseManifest } from "../../manifest/manifest.ts";
import { joinSpans, joinTracks, type TrackFile } from "../../plan/join.ts";
import type { Step } from "../../plan/plan.ts";
import type { SourceRun } from "../run.ts";
import { probeSource, type SourceFile } from "./probe-source.ts";

/** The files of a span of time, by their names in the work folder. */
export type SpanFiles = {
  readonly main: string;
  readonly audio?: string;
  /** The files are fragmented mp4, which does not state its length. */
  readonly isFragmented: boolean;
};

/**
 * Joins the tracks that were fetched into one file, by stream copy, and removes the files that it is made of.
 *
 * @throws {TaskError} what probing and running throw; `input_not_supported` if parts differ
 */
export async function joinSource(
  spans: readonly SpanFiles[],
  run: SourceRun,
  folder: string,
): Promise<SourceFile> {
  const [first] = spans;
  if (!first) throw refuseManifest("source_not_media", "names no segment");
  const isPlain = spans.length === 1 && first.audio === undefined && !first.isFragmented;
  // A single MPEG-TS can be read as it is.
  if (isPlain) return probeSource(join(folder, first.main), run, folder);
  const made: TrackFile[] = [];
  for (const [index, span] of spans.entries())
    made.push(await joinSpan(span, `span-${index}.mp4`, run, folder));
  const [only] = made;
  if (only && made.length === 1) return { path: join(folder, only.name), media: only.media };
  const list = "spans.txt";
  const { step, text } = joinSpans(made, list, "source-joined.mp4");
  await writeFile(join(folder, list), text);
  await runStep(step, { inputPath: join(folder, list), isOurs: true }, run, folder);
  await remove(made, folder);
  return probeSource(join(folder, "source-joined.mp4"), run, folder);
}

async function joinSpan(
  { main, audio }: SpanFiles,
  name: string,
  run: SourceRun,
  folder: string,
): Promise<TrackFile> {
  const probed = async (file: string): Promise<TrackFile> => ({
    name: file,
    media: (await probeSource(join(folder, file), run, folder)).media,
  });
  const first = await probed(main);
  const second = audio === undefined ? undefined : await probed(audio);
  const inputPath = join(folder, main);
  await runStep(joinTracks(first, second, name), { inputPath }, run, folder);
  await remove(second ? [first, second] : [first], folder);
  return probed(name);
}

async function runStep(
  step: Step,
  input: { readonly inputPath: string; readonly isOurs?: boolean },
  { engine, signal, onLog }: SourceRun,
  folder: string,
): Promise<void> {
  await engine.run({ step, folder, ...input, onProgress: () => {}, onLog }, signal);
}

async function remove(files: readonly TrackFile[], folder: string): Promise<void> {
  for (const { name } of files) await rm(join(folder, name), { force: true });
}
