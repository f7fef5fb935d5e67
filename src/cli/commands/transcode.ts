import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "@commander-js/extra-typings";
import { created } from "../calls/answers.ts";
import { understood } from "../calls/service-calls.ts";
import { type Context, newCommand } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { resultText } from "../text.ts";
import { watch } from "./tasks.ts";
import { secondsOf } from "./values.ts";

/** Adds `transcode`. */
export function addTranscodeCommand(program: Command, context: Context): void {
  newCommand(
    program,
    "transcode",
    "Transcodes one file here and now. The whole service runs in this process until it is done; without ffmpeg it runs ffmpeg as WebAssembly, which is several times slower.",
    [
      "transcode film.mov film.mp4 -p video_mp4_1280x720_1728kbps",
      "transcode film.mov set/film.m3u8 -p video_hls_adaptive",
      "transcode https://example.com/film.mov sound.mp3 -p audio_mp3_128kbps --start 60 --duration 30",
    ],
  )
    .argument("<in>", "a file, or any address of a source")
    .argument("<out>", "a file, or any address of a target; its folder is made")
    .requiredOption("-p, --profile <name>", "what to make: pontus profiles, or docs/profiles.md")
    .option("--start <seconds>", "where in the source to begin", secondsOf)
    .option("--duration <seconds>", "how much of it to take", secondsOf)
    .option("-y, --overwrite", "replace a file that is there")
    .addOption(
      new Option("--engine <name>", "what transcodes (PONTUS_ENGINE)").choices([
        "auto",
        "native",
        "wasm",
      ] as const),
    )
    .option("--json", "answer with JSON: each change, and the task in the last line")
    .option("-v, --verbose", "write the log of the service, too")
    .action((input, output, options) => transcode(context, input, output, options));
}

type TranscodeOptions = {
  readonly profile: string;
  readonly start?: number | undefined;
  readonly duration?: number | undefined;
  readonly overwrite?: true | undefined;
  readonly engine?: string | undefined;
  readonly json?: true | undefined;
  readonly verbose?: true | undefined;
};

async function transcode(
  context: Context,
  input: string,
  output: string,
  { profile, start, duration, overwrite, engine, json, verbose }: TranscodeOptions,
): Promise<void> {
  const { sourcePlace, targetPlace } = await import("../transcode/paths.ts");
  const source = sourcePlace(input);
  const target = targetPlace(output, overwrite === true);
  if (source.address === target.address)
    throw new CliError(EXIT.usage, `Cannot write to the source itself: ${JSON.stringify(output)}`);
  const roots = [source.folder, target.folder].filter((folder) => folder !== undefined);
  const { startLocal, engineOf } = await import("../transcode/local-service.ts");
  // On the disk of the target, so that what is made only gets its name there.
  const dataFolder = mkdtempSync(join(target.folder ?? tmpdir(), ".pontus-"));
  const env = engine === undefined ? context.env : { ...context.env, PONTUS_ENGINE: engine };
  const local = await startLocal(
    { ...context, env },
    {
      dataFolder,
      roots: roots.length > 0 ? roots : [join(dataFolder, "media")],
      isVerbose: verbose === true,
    },
  );
  try {
    const clip = { start_seconds: start, duration_seconds: duration };
    const body = {
      source: { source_url: source.address },
      profile_name: profile,
      targets: [{ target_url: target.address }],
      ...((start !== undefined || duration !== undefined) && { clip }),
    };
    await local.ready;
    const isAsked = env["PONTUS_ENGINE"] === "wasm";
    if (!isAsked && (await engineOf(local)).startsWith("wasm"))
      context.io.err(
        "ffmpeg and ffprobe cannot be run: this runs on ffmpeg as WebAssembly, which is several times slower (pontus doctor says why)\n",
      );
    const answer = await local.calls.call("/task/transcoding", { body });
    const { task_id: id } = understood(created, answer);
    context.endWith(await watch(context, local.calls, id, json === true, resultText));
  } finally {
    await local.stop();
  }
}
