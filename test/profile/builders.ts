import type { Container } from "../../src/profile/containers.ts";
import type { Profile, Rendition } from "../../src/profile/profile.ts";
import { type Qlty, toRendition } from "../../src/profile/qlty.ts";
import { TaskError } from "../../src/task/errors.ts";

/** A custom h264 rendition of one bitrate (bits/s). */
export const aRendition = (bitrateBps = 800_000, container: Container = "mp4"): Rendition => ({
  container,
  video: {
    codec: "h264",
    bitrateBps,
    progressive: true,
    gop: { frames: 50 },
    bFrames: 0,
    rateMode: "cbr",
    effort: "default",
  },
  audio: { codec: "aac", bitrateBps: 96_000 },
});

/** A custom profile of these renditions. */
export const aProfile = (...renditions: readonly Rendition[]): Profile => ({
  name: "mine",
  description: "",
  renditions,
});

/** A parameter group of the needed fields alone. */
export const aQlty = (changes: Partial<Qlty> = {}): Qlty => ({
  container: "mp4",
  bitrate: 800_000,
  audio_bitrate: 96_000,
  ...changes,
});

/** The paths of the fields for which a group is refused; none where it is taken. */
export function faultsOf(qlty: Qlty): readonly string[] {
  try {
    toRendition(qlty);
  } catch (error) {
    if (!(error instanceof TaskError) || error.code !== "invalid_parameter") throw error;
    return error.fields.map(({ path }) => path);
  }
  return [];
}
