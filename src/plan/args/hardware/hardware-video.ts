import type { Effort } from "../../../profile/profile.ts";
import type { Hardware, HardwareEncoder, HardwareFamily } from "../../device/hardware.ts";
import { formatBitrate } from "../../encode/rate-control.ts";
import type { VideoEncoding } from "../../encode/video-encoding.ts";
import { ceilingArgs } from "../quality.ts";
import type { Option } from "../streams.ts";

/** The device of vaapi and qsv if none is named: the first GPU of a Linux machine. */
const FIRST_DEVICE = "/dev/dri/renderD128";
/** What the options that open a device call it. */
const NAME = "device";

/**
 * The options of a run that uses a device, before its inputs. Encoders of vaapi and qsv are given frames that filters upload to it; others
 * upload by themselves.
 *
 * @see https://ffmpeg.org/ffmpeg.html#Advanced-Video-options `-init_hw_device`
 */
export function deviceArgs({
  family,
  device = FIRST_DEVICE,
}: Pick<Hardware, "family" | "device">): readonly string[] {
  if (family === "vaapi")
    return ["-init_hw_device", `vaapi=${NAME}:${device}`, "-filter_hw_device", NAME];
  if (family === "qsv")
    return ["-init_hw_device", `qsv=${NAME}:hw,child_device=${device}`, "-filter_hw_device", NAME];
  return [];
}

/** How much time an encoder takes, where it has such a choice that ffmpeg 5.1 and later know by the same name. */
const EFFORTS: Partial<
  Readonly<
    Record<HardwareFamily, { readonly [E in Effort]: readonly [name: string, value: string] }>
  >
> = {
  nvenc: {
    default: ["preset", "p4"],
    highQuality: ["preset", "p6"],
    highPerformance: ["preset", "p2"],
  },
  qsv: {
    default: ["preset", "medium"],
    highQuality: ["preset", "slower"],
    highPerformance: ["preset", "veryfast"],
  },
  amf: {
    default: ["quality", "balanced"],
    highQuality: ["quality", "quality"],
    highPerformance: ["quality", "speed"],
  },
};

/** The option that has an encoder keep to the ceiling; qsv and vaapi see from ceiling and bitrate what is wanted. */
const RATES: Partial<Readonly<Record<HardwareFamily, (isConstant: boolean) => readonly Option[]>>> =
  {
    nvenc: (isConstant) => [["rc", isConstant ? "cbr" : "vbr"]],
    amf: (isConstant) => [
      ["rc", isConstant ? "cbr" : "vbr_peak"],
      ["enforce_hrd", "1"],
    ],
  };

/** What has frames leave an encoder as they come. */
const LATENCY: Readonly<Record<HardwareFamily, readonly Option[]>> = {
  nvenc: [
    ["tune", "ll"],
    ["zerolatency", "1"],
    ["delay", "0"],
  ],
  qsv: [["async_depth", "1"]],
  vaapi: [["async_depth", "1"]],
  videotoolbox: [["realtime", "1"]],
  amf: [["usage", "lowlatency"]],
};

/** How the families that are told the level of H.264 name it; the others find it themselves. */
const LEVELS: Partial<Readonly<Record<HardwareFamily, (level: string) => string>>> = {
  nvenc: (level) => level,
  // `4.0` would be read as the number 4, which is no level.
  vaapi: (level) => level.replace(/\.0$/, ""),
  amf: (level) => level,
};

const PROFILES = { h264: "high", h265: "main" } as const;

/**
 * The options of an encoder of a device: the bitrate with its ceiling, key frames at the same places and profile of the software's.
 *
 * @see https://ffmpeg.org/ffmpeg-codecs.html#Video-Encoders, and `ffmpeg -h encoder=h264_nvenc` and its like of 5.1, 7.1 and 9.0
 */
export function hardwareArgs(
  encoding: VideoEncoding,
  { family, device }: HardwareEncoder,
): readonly Option[] {
  const { codec, effort, rateMode, bitrateBps, gopFrames, bFrames, lowLatency, level } = encoding;
  const profile = codec === "h264" || codec === "h265" ? PROFILES[codec] : undefined;
  const levelName = level === undefined ? undefined : LEVELS[family]?.(level);
  const given = EFFORTS[family]?.[effort];
  return [
    ...(family === "nvenc" && device !== undefined ? [["gpu", device] as const] : []),
    ...(given ? [given] : []),
    ...(profile === undefined ? [] : [["profile", profile] as const]),
    ...(lowLatency ? LATENCY[family] : []),
    ...(levelName === undefined ? [] : [["level", levelName] as const]),
    ...(RATES[family]?.(rateMode === "cbr") ?? []),
    ["b", formatBitrate(bitrateBps)],
    ...ceilingArgs(encoding),
    ["g", String(gopFrames)],
    ...(family === "nvenc" ? [["no-scenecut", "1"] as const] : []),
    ...(bFrames === undefined || codec === "av1" ? [] : [["bf", String(bFrames)] as const]),
    // Players start at any key frame, so none may need what lies before it.
    ["flags", "+cgop"],
  ];
}
