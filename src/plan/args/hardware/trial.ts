import type { VideoStream } from "../../../probe/media.ts";
import {
  HARDWARE_CODECS,
  type Hardware,
  type HardwareCodec,
  type HardwareEncoder,
} from "../../device/hardware.ts";
import { onDevice } from "../../encode/hardware/on-device.ts";
import { videoEncoding } from "../../encode/video-encoding.ts";
import { streamsArgs } from "../streams.ts";
import { encodedVideo } from "../video.ts";
import { deviceArgs } from "./hardware-video.ts";

/** A size that all hardware encoders take; the smallest of some is 192x128. */
const SIZE = { width: 640, height: 360 };
const RATE = { num: 25, den: 1 };

/** How many pictures are encoded in a trial: a GOP and the first of the next. */
export const TRIAL_FRAMES = 26;

const SOURCE: VideoStream = {
  kind: "video",
  index: 0,
  codec: "rawvideo",
  dispositions: [],
  ...SIZE,
  sampleAspect: { num: 1, den: 1 },
  framerate: RATE,
  rotation: 0,
  isVariableRate: false,
  isInterlaced: false,
  color: {},
};

/** What ffmpeg calls the encoder of a codec of a device. */
export const encoderName = (codec: HardwareCodec, family: Hardware["family"]): string =>
  `${HARDWARE_CODECS[codec]}_${family}`;

/**
 * The arguments that try an encoder out as plans would use it. They write a line for each packet to stdout (`framecrc`), beside lines that
 * begin with `#`.
 */
export function trialArgs(codec: HardwareCodec, encoder: HardwareEncoder): readonly string[] {
  const encoding = videoEncoding(
    {
      codec,
      ...SIZE,
      bitrateBps: 800_000,
      progressive: true,
      gop: { frames: TRIAL_FRAMES - 1 },
      ...(encoder.hasBFrames && { bFrames: 2 }),
      rateMode: "cbr",
      effort: "default",
    },
    SOURCE,
  );
  const stream = encodedVideo(onDevice(encoding, encoder), "0:v");
  return [
    ...["-hide_banner", "-nostdin", "-v", "error"],
    ...deviceArgs(encoder),
    ...["-f", "lavfi", "-i", `testsrc2=size=${SIZE.width}x${SIZE.height}:rate=${RATE.num}`],
    ...["-frames:v", String(TRIAL_FRAMES)],
    ...streamsArgs([stream], false, []),
    ...["-f", "framecrc", "pipe:1"],
  ];
}
