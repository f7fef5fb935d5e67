import type { HardwareEncoder, HardwareFamily } from "../../device/hardware.ts";
import type { Filter } from "../filters.ts";
import type { VideoEncoding } from "../video-encoding.ts";

/** The most B-frames in a row that all devices make that make any. */
const B_FRAMES_MAX = 3;

const NV12: Filter = { name: "format", values: ["nv12"] };

/** What takes the place of the last filter where an encoder is given frames of its device alone; others take those of software. */
const UPLOADS: Partial<Readonly<Record<HardwareFamily, readonly Filter[]>>> = {
  vaapi: [NV12, { name: "hwupload" }],
  // Without more of them, the encoder waits for frames that it holds itself.
  qsv: [NV12, { name: "hwupload", options: { extra_hw_frames: 64 } }],
};

/** The same encoding by an encoder of a device. */
export function onDevice(encoding: VideoEncoding, hardware: HardwareEncoder): VideoEncoding {
  const { family, hasBFrames } = hardware;
  const { filters, captions, mark, lowLatency } = encoding;
  const upload = UPLOADS[family];
  // Some make B-frames unless they are told not to, and hold pictures back for them.
  const bFrames = hasBFrames ? (encoding.bFrames ?? (lowLatency ? 0 : undefined)) : 0;
  return {
    ...encoding,
    hardware,
    ...(bFrames !== undefined && { bFrames: Math.min(bFrames, B_FRAMES_MAX) }),
    // A watermark is drawn by the CPU, over the picture as its filters leave it.
    ...(upload &&
      (mark ? { mark: { ...mark, upload } } : { filters: { ...filters, format: upload } })),
    // The encoders of amf write none, in any version of ffmpeg.
    captions: family === "amf" && captions !== "deleted" ? "unwritten" : captions,
  };
}
