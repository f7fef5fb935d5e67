import { isStillCodec } from "../../../profile/codecs.ts";
import { type Hardware, type HardwareCodec, isHardwareCodec } from "../../device/hardware.ts";
import { areKept } from "../../encode/captions.ts";
import { onDevice } from "../../encode/hardware/on-device.ts";
import type { VideoEncoding } from "../../encode/video-encoding.ts";
import { type OutputDecision, videosOf } from "../output-decision.ts";

/** The smallest picture that all encoders take, and the largest of each codec (those of nvenc, the narrowest). */
const LEAST = { width: 192, height: 128 };
const MOST = { h264: 4096, h265: 8192, av1: 8192 } as const;

/**
 * Why a picture is encoded in software although there is a device with an encoder for it: the end of a sentence; undefined if the device encodes it.
 *
 * What a profile promises and a device cannot keep, or was never measured to keep, stays in software.
 */
function softwareReason(encoding: VideoEncoding, codec: HardwareCodec): string | undefined {
  const { width, height } = encoding;
  if (encoding.rateMode === "2passvbr") return "a device encodes in one pass";
  if (encoding.quality !== undefined) return "the scale of quality was measured in software";
  if (encoding.encoderOptions) return "its encoder is given options";
  if (encoding.colour) return "it keeps the colours of its source";
  // That of H.264 is left to what each device does by itself, as nothing but h265 asks for captions by name.
  if (codec === "h265" && areKept(encoding.captions)) return "it keeps captions";
  if (encoding.isInterlaced) return "it stays interlaced";
  if (width < LEAST.width || height < LEAST.height)
    return `${width}x${height} is smaller than ${LEAST.width}x${LEAST.height}`;
  const most = MOST[codec];
  return Math.max(width, height) > most
    ? `${width}x${height} is larger than ${most}x${most}`
    : undefined;
}

/** What becomes of a picture where there is a device, and how that is told. */
type Placed = { readonly encoding: VideoEncoding; readonly told: string };

function placed(
  encoding: VideoEncoding,
  { family, encoders }: Hardware,
  shared: string | undefined,
): Placed {
  const { codec } = encoding;
  const stays = (why: string): Placed => ({ encoding, told: `in software, as ${why}` });
  const encoder = isHardwareCodec(codec) && encoders[codec];
  if (!encoder) return stays(`${family} makes no ${codec} here`);
  const why = shared ?? softwareReason(encoding, codec);
  return why === undefined
    ? { encoding: onDevice(encoding, encoder), told: `by ${encoder.name}` }
    : stays(why);
}

/** Both runs of two passes make all pictures of a set. */
const TWO_PASSES = "its set is encoded in two passes";

/**
 * Has a device encode what it can of outputs; why the rest stays in software is told with what becomes of the picture. Single pictures are
 * never encoded by a device.
 */
export const onHardware = (
  decisions: readonly OutputDecision[],
  hardware: Hardware | undefined,
): readonly OutputDecision[] =>
  hardware ? decisions.map((decision) => placedOn(decision, hardware)) : decisions;

function placedOn(decision: OutputDecision, hardware: Hardware): OutputDecision {
  const { set, video, product } = decision;
  const films = videosOf(decision).filter(({ codec }) => !isStillCodec(codec));
  if (films.length === 0) return decision;
  const isTwoPass = set !== undefined && films.some(({ rateMode }) => rateMode === "2passvbr");
  const place = (one: VideoEncoding) => placed(one, hardware, isTwoPass ? TWO_PASSES : undefined);
  const told = [...new Set(films.map((film) => place(film).told))].join(", and ");
  return {
    ...decision,
    ...(video && { video: place(video).encoding }),
    ...(set && {
      set: {
        ...set,
        videos: set.videos.map((one) => (one === "copy" ? one : place(one).encoding)),
      },
    }),
    product: { ...product, video: { ...product.video, why: `${product.video.why}, ${told}` } },
  };
}
