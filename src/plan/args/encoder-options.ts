import type { VideoEncoding } from "../encode/video-encoding.ts";
import type { Option } from "./streams.ts";

/** Options that ffmpeg passes on to x264 and its like only within their `-x264-params`. */
const TOLD_BY_FFMPEG = ["preset", "tune"];

/** What a caller's options say of an encoder's time, if they do. */
export const ownEffort = ({ encoderOptions }: VideoEncoding): string | undefined =>
  encoderOptions?.["preset"] ?? encoderOptions?.["cpu-used"];

/** The caller's own tuning, for encoders whose `-tune` ffmpeg itself has. */
export const tuneArgs = ({ encoderOptions: { tune } = {} }: VideoEncoding): readonly Option[] =>
  tune === undefined ? [] : [["tune", tune]];

/** The caller's own options as one text, for encoders that are told them so: `aq-mode=3`, `psy-rd=1.0,0.15`. */
export const ownParams = (
  { encoderOptions = {} }: VideoEncoding,
  but: readonly string[] = TOLD_BY_FFMPEG,
): readonly string[] =>
  Object.entries(encoderOptions)
    .filter(([name]) => !but.includes(name))
    .map(([name, value]) => `${name}=${value}`);

/** The caller's own options as one option of ffmpeg; nothing if there are none. */
export function paramsArgs(name: string, params: readonly string[]): readonly Option[] {
  return params.length === 0 ? [] : [[name, params.join(":")]];
}

/** The caller's own options, for encoders whose options are ffmpeg's own. */
export const ownArgs = ({ encoderOptions = {} }: VideoEncoding): readonly Option[] =>
  Object.entries(encoderOptions).filter(([name]) => name !== "cpu-used");
