import type { MediaInfo, VideoStream } from "../../probe/media.ts";
import type { Rendition, VideoEncode } from "../../profile/profile.ts";
import { displaySize, type Size } from "../encode/picture.ts";

/** A rung whose box is larger than the picture by no more than this is made at the picture's own size: 1916x1076 is 1080p. */
const BOX_SLACK = 1.1;

/** No film has less, and no encoder works with it: a source of so few bits is one whose header tells a wrong length. */
const BITRATE_MIN_BPS = 32_000;

/** A rung of a ladder: a rendition with a picture to encode in a box of two sides. */
type Rung = Omit<Rendition, "video"> & { readonly video: VideoEncode };

/**
 * The renditions of a ladder that suit a source, each in the picture's own shape: those whose box or bitrate would
 * outgrow the source's are left out. The lowest stays in any case, no larger and at no more bits than the source.
 *
 * Boxes lie as the picture does: of one that stands upright they are turned. A source whose bitrate is not known limits none.
 */
export function rungsFor(renditions: readonly Rendition[], media: MediaInfo): readonly Rendition[] {
  const source = media.video;
  const rungs = renditions.filter(isRung);
  const lowest = rungs.at(-1);
  // Of a source without a picture the sound alone is made.
  if (!source || !lowest) return renditions;
  const bitrateMaxBps = Math.max(
    BITRATE_MIN_BPS,
    videoBitrateOf(media) ?? Number.POSITIVE_INFINITY,
  );
  const kept = rungs.filter(
    ({ video }) => growth(video, source) <= BOX_SLACK && video.bitrateBps <= bitrateMaxBps,
  );
  return (kept.length > 0 ? kept : [lowest]).map((rung) => shapedRung(rung, source, bitrateMaxBps));
}

const isRung = (rendition: Rendition): rendition is Rung => typeof rendition.video !== "string";

/** The picture's bitrate; where the container alone says one, what the sound leaves of it. */
function videoBitrateOf({ video, audio, bitrateBps }: MediaInfo): number | undefined {
  if (video?.bitrateBps !== undefined) return video.bitrateBps;
  if (bitrateBps === undefined) return undefined;
  const rest = bitrateBps - (audio?.bitrateBps ?? 0);
  return rest > 0 ? rest : undefined;
}

/** How much a picture would have to grow to touch the sides of a rung's box. */
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
  // Rounded down, so that no side is longer than the source's; half a pixel less than it is an error of the sums.
  const even = (pixels: number) => Math.max(2, Math.floor((pixels + 0.5) / 2) * 2);
  const bitrateBps = Math.min(rung.video.bitrateBps, Math.floor(bitrateMaxBps));
  const video: VideoEncode = {
    ...rung.video,
    width: even(shape.width * factor),
    height: even(shape.height * factor),
    isShaped: true,
    bitrateBps,
  };
  return { ...rung, video };
}
