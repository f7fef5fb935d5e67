import { TaskError } from "../../task/errors.ts";
import { DEPTH_QUESTION, parseCapabilities, QUESTIONS } from "../ffmpeg/capability-lists.ts";
import { limitTime } from "../ffmpeg/time-limit.ts";
import { runSubprocess } from "../process/subprocess.ts";
import type { ProgramAbilities } from "./remembered-capabilities.ts";

// ffmpeg answers within 0.1 s; a program that takes longer is not ffmpeg.
const ANSWER_TIMEOUT_MS = 10_000;
const GRACE_MS = 500;

async function ask(command: string, question: string): Promise<string> {
  const program = `"${command}"`;
  const late = new TaskError("encoder_missing", `Cannot use ${program}: it does not answer`);
  const limit = limitTime(new AbortController().signal, ANSWER_TIMEOUT_MS, late);
  let answer = "";
  try {
    const { code } = await runSubprocess(
      {
        command,
        args: ["-hide_banner", ...question.split(" ")],
        graceMs: GRACE_MS,
        onStdout: (chunk) => {
          answer += chunk;
        },
      },
      limit.signal,
    );
    if (code === 0) return answer;
  } finally {
    limit.end();
  }
  throw new TaskError("encoder_missing", `Cannot use ${program}: it fails at "${question}"`);
}

/**
 * Asks the two programs what they can do.
 *
 * @throws {TaskError} `encoder_missing`, naming the one that is missing or does not answer
 */
export async function askPrograms(ffmpeg: string, ffprobe: string): Promise<ProgramAbilities> {
  const questions = [...QUESTIONS, DEPTH_QUESTION];
  const asked = [ask(ffprobe, "-version"), ...questions.map((question) => ask(ffmpeg, question))];
  // Waits for all, even if one fails, so that nothing is left running.
  await Promise.allSettled(asked);
  const [
    probe = "",
    version = "",
    encoders = "",
    muxers = "",
    filters = "",
    protocols = "",
    options = "",
    depth = "",
  ] = await Promise.all(asked);
  if (!probe.startsWith("ffprobe version"))
    throw new TaskError("encoder_missing", `Cannot use "${ffprobe}": it is no ffprobe`);
  const told = parseCapabilities({
    ...{ version, encoders, muxers, filters, protocols, options, depth },
  });
  if (!told) throw new TaskError("encoder_missing", `Cannot use "${ffmpeg}": it is no ffmpeg`);
  return { engine: "native", ...told };
}
