import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../app/engine.ts";
import { type Config, ConfigError } from "../../config/config.ts";
import { KEYS } from "../../config/keys.ts";
import type { Engine } from "../../engine/engine.ts";
import { TaskError } from "../../task/errors.ts";
import { FFMPEG_HINT } from "./ffmpeg-hint.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** Encoders that most profiles need. */
const ENCODERS = ["libx264", "aac"];
const GET_FFMPEG = `install ffmpeg, or name it by ${KEYS.ffmpeg.env} and ${KEYS.ffprobe.env}:\n${FFMPEG_HINT}`;

/** Which hardware encoder works here, if one is wanted. */
async function hardwareFindings(
  { hardware }: Engine,
  { hardware: wanted }: Config,
): Promise<readonly Finding[]> {
  if (!hardware) return [];
  await hardware.found(new AbortController().signal);
  const { isUsable, detail } = hardware.state;
  const advice = `everything is encoded in software; docs/hardware.md says what ${wanted} needs`;
  return [
    isUsable || wanted === "auto" ? ok("hardware", detail) : warning("hardware", detail, advice),
  ];
}

/** Which engine transcodes here, of which version, and what it lacks. */
export async function engineFindings(config: Config): Promise<readonly Finding[]> {
  const check = "engine";
  // What the service remembers of its engine stays as it is.
  const own = config.disk === "no" ? undefined : mkdtempSync(join(tmpdir(), "pontus-doctor-"));
  try {
    const { egress: preset, egressAllow: allow, egressDeny: deny } = config;
    const policy = { preset, allow, deny, isOwn: () => false };
    const { engine, why, lacks } = await openEngine(
      { ...config, ...(own && { dataFolder: own }) },
      policy,
    );
    const { version, encoders } = engine.capabilities;
    const hardware = await hardwareFindings(engine, config);
    await engine.close();
    const what = `${engine.name}: ffmpeg ${version}, as ${why}`;
    const missing = ENCODERS.filter((name) => !encoders.includes(name));
    const isSlow = engine.name === "wasm" && config.engine === "auto" && config.disk !== "no";
    const advice = `it is several times slower; ${GET_FFMPEG}`;
    return [
      isSlow ? warning(check, what, advice) : ok(check, what),
      ...hardware,
      ...lacks.map((lack) => warning(check, lack, "docs/limits.md says what that means")),
      ...(missing.length === 0
        ? []
        : [
            problem(
              "encoders",
              `This ffmpeg has no ${missing.join(" and no ")}, which most profiles need`,
              `install a build of ffmpeg that has it:\n${FFMPEG_HINT}`,
            ),
          ]),
    ];
  } catch (error) {
    if (!(error instanceof TaskError || error instanceof ConfigError)) throw error;
    const isSandbox = config.sandbox !== "none" && error instanceof ConfigError;
    const advice = isSandbox
      ? `install bubblewrap, or set ${KEYS.sandbox.env} to none (docs/limits.md)`
      : GET_FFMPEG;
    return [problem(isSandbox ? "sandbox" : check, error.message, advice)];
  } finally {
    if (own) rmSync(own, { recursive: true, force: true });
  }
}
