import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import type { Rendition, VideoEncode } from "../../profile/profile.ts";
import { displaySize, type Size } from "../encode/picture.ts";

/**
 * A rung whose box is larger than the picture by no more than this factor is made at the picture's own size: 1916x1076
 * counts as 1080p.
 */
const BOX_SLACK = 1.1;

/** No film has a lower bitrate, and no encoder works with one: if a source seems to have less, its header gives a wrong length. */
const BITRATE_MIN_BPS = 32_000;

/** A rung of a ladder: a rendition with video to encode into a box of two sides. */
type Rung = Omit<Rendition, "video"> & { readonly video: VideoEncode };

/**
 * The renditions of a ladder that suit a source, each in the shape of the source's picture. Those whose box or bitrate
 * exceeds the source's are left out; if none remains, the lowest is kept. None is made larger, or with more bits, than
 * the source.
 *
 * Boxes are turned for an upright picture. If the source's bitrate is not known, it limits none.
 */
export function rungsFor(renditions: readonly Rendition[], media: MediaInfo): readonly Rendition[] {
  const source = media.video;
  const rungs = renditions.filter(isRung);
  const lowest = rungs.at(-1);
  // If the source has no video, the audio alone is made.
  if (!source || !lowest) return renditions;
  const bitrateMaxBps = Math.max(
    BITRATE_MIN_BPS,
    videoBitrateOf(media) ?? Number.POSITIVE_INFINITY,
  );
  const kept = rungs.filter(
    ({ video }) => growth(video, source) <= BOX_SLACK && (video.bitrateBps ?? 0) <= bitrateMaxBps,
  );
  return (kept.length > 0 ? kept : [lowest]).map((rung) => shapedRung(rung, source, bitrateMaxBps));
}

const isRung = (rendition: Rendition): rendition is Rung => typeof rendition.video !== "string";

/** The bitrate of the video; if only the container gives one, what the audio leaves of it. undefined if it is not known. */
function videoBitrateOf({ video, audio, bitrateBps }: MediaInfo): number | undefined {
  if (video?.bitrateBps !== undefined) return video.bitrateBps;
  if (bitrateBps === undefined) return undefined;
  const rest = bitrateBps - (audio?.bitrateBps ?? 0);
  return rest > 0 ? rest : undefined;
}

/** The factor by which a picture has to grow to touch the sides of a rung's box. */
function growth(video: VideoEncode, source: VideoStream): number {
  const shape = displaySize(source);
  const box = boxFor(video, shape);
  return Math.min(box.width / shape.width, box.height / shape.height);
}

function boxFor({ width = 0, height = 0 }: VideoEncode, shape: Size): Size {
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  return shape.height > shape.width
    ? { width: short, height: long }
    : { width: long, height: short };
}

function shapedRung(rung: Rung, source: VideoStream, bitrateMaxBps: number): Rendition {
  const shape = displaySize(source);
  const factor = Math.min(1, growth(rung.video, source));
  // Rounded down, so that no side is longer than the source's; half a pixel short of a number is taken for a rounding
  // error.
  const even = (pixels: number) => Math.max(2, Math.floor((pixels + 0.5) / 2) * 2);
  const asked = rung.video.bitrateBps;
  const bitrateBps = asked && Math.min(asked, Math.floor(bitrateMaxBps));
  const video: VideoEncode = {
    ...rung.video,
    width: even(shape.width * factor),
    height: even(shape.height * factor),
    isShaped: true,
    ...(bitrateBps !== undefined && { bitrateBps }),
  };
  return { ...rung, video };
}
