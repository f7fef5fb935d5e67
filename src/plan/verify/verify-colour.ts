import type {
  Chromaticity,
  ContentLight,
  MasteringDisplay,
  VideoStream,
} from "../../probe/media.ts";
import { DEEP_PIXEL_FORMAT } from "../encode/colours/kept-colour.ts";
import type { KeptColour } from "../plan.ts";
import { WrongOutput } from "./wrong-output.ts";

/** AV1 writes luminance in 1/16384 cd/m² and chromaticity in 1/65536: so many of the units here may be lost. */
const ROUNDING_UNITS = 2;
/** AV1 writes the peak luminance in 1/256 cd/m². */
const PEAK_ROUNDING_UNITS = 40;

/**
 * Judges whether an output has kept the colours of its source: its depth, what it states of them, and the light of
 * displays.
 *
 * @param video - of the probed output, with its first frame
 * @throws {TaskError} `output_wrong`
 */
export function judgeColour({ tags, light = {} }: KeptColour, video: VideoStream): void {
  if (video.pixelFormat !== DEEP_PIXEL_FORMAT)
    throw wrong(`its pixel format is ${video.pixelFormat ?? "unknown"}, not ${DEEP_PIXEL_FORMAT}`);
  for (const [name, planned] of Object.entries(tags)) {
    const made = video.color[name as keyof KeptColour["tags"]];
    if (made !== planned) throw wrong(`its ${NAMES[name]} is ${made ?? "unknown"}, not ${planned}`);
  }
  const { mastering, content } = video.light ?? {};
  if (light.mastering && !(mastering && isSameDisplay(light.mastering, mastering)))
    throw wrong("it does not name the display that the source was mastered on");
  if (light.content && !(content && isSameLight(light.content, content)))
    throw wrong("it does not name the light levels of the source");
}

const NAMES: Readonly<Record<string, string>> = {
  transfer: "transfer",
  primaries: "primaries",
  space: "colour matrix",
  range: "range",
};

const wrong = (why: string): WrongOutput => new WrongOutput(why, "video");

const isNear = (one: number, other: number, units = ROUNDING_UNITS): boolean =>
  Math.abs(one - other) <= units;

const isSamePoint = (one: Chromaticity, other: Chromaticity): boolean =>
  isNear(one[0], other[0]) && isNear(one[1], other[1]);

const isSameDisplay = (one: MasteringDisplay, other: MasteringDisplay): boolean =>
  (["red", "green", "blue", "white"] as const).every((name) =>
    isSamePoint(one[name], other[name]),
  ) &&
  isNear(one.luminance.min, other.luminance.min) &&
  isNear(one.luminance.max, other.luminance.max, PEAK_ROUNDING_UNITS);

const isSameLight = (one: ContentLight, other: ContentLight): boolean =>
  one.max === other.max && one.average === other.average;
