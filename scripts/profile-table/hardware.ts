import { HARDWARE_CODECS, type Hardware } from "../../src/plan/device/hardware.ts";
import type { Capabilities } from "../../src/plan/plan.ts";
import { planTask } from "../../src/plan/plan-task.ts";
import type { MediaInfo, VideoStream } from "../../src/probe/media.ts";
import { TaskError } from "../../src/task/errors.ts";
import { ASKED, type Asked, NARROW } from "./asked.ts";
import { allOf, type Codec, VIDEO_CODECS } from "./rules.ts";

const CODECS = Object.keys(HARDWARE_CODECS) as (keyof typeof HARDWARE_CODECS)[];

const encoderOf = (codec: keyof typeof HARDWARE_CODECS) =>
  [codec, { family: "nvenc", name: `${HARDWARE_CODECS[codec]}_nvenc`, hasBFrames: true }] as const;

/** A device that encodes all that any does. */
const DEVICE: Hardware = {
  family: "nvenc",
  encoders: Object.fromEntries(CODECS.map(encoderOf)),
};

const FILM: VideoStream = {
  kind: "video",
  dispositions: [],
  index: 0,
  codec: "hevc",
  pixelFormat: "yuv420p",
  width: 1920,
  height: 1080,
  sampleAspect: { num: 1, den: 1 },
  rotation: 0,
  framerate: { num: 25, den: 1 },
  isVariableRate: false,
  isInterlaced: false,
  durationSeconds: 60,
  color: {},
};

/** Sources of which some fields ask something that others do not have. */
const SOURCES: readonly VideoStream[] = [
  FILM,
  { ...FILM, isInterlaced: true },
  {
    ...FILM,
    pixelFormat: "yuv420p10le",
    color: { transfer: "smpte2084", primaries: "bt2020", space: "bt2020nc", range: "tv" },
  },
];

/** What some of them need beyond what the tables of engines are made of. */
const SOURCE_FILTERS = ["bwdif", "format", "setparams", "sidedata", "tonemap", "zscale"];

/** The same with sizes that a device takes: those that are asked for elsewhere are small, to be made quickly. */
const enlarged = (asked: Asked): Asked => ({
  ...asked,
  ...(asked.width !== undefined && { width: asked.width * 4 }),
  ...(asked.height !== undefined && { height: asked.height * 4 }),
  ...(asked.crop && { crop: { ...asked.crop, width: 640, height: 360 } }),
});

const mediaOf = (video: VideoStream): MediaInfo => ({
  format: "matroska,webm",
  durationSeconds: 60,
  startSeconds: 0,
  streams: [video],
  video,
});

/** Why a plan is in software; empty if it is not; undefined if there is none. */
function reasonOf(asked: Asked, codec: Codec, video: VideoStream, capabilities: Capabilities) {
  const [assignment] = allOf(enlarged(asked), "mkv", codec);
  if (!assignment) return undefined;
  try {
    const plan = planTask({ assignments: [assignment], tag: "t" }, mediaOf(video), capabilities);
    if (plan.steps.some(({ hardware }) => hardware)) return "";
    return plan.products[0]?.video.why.split(", in software, as ")[1];
  } catch (error) {
    if (error instanceof TaskError) return undefined;
    throw error;
  }
}

/**
 * The tables of docs/hardware.md: which codecs a device encodes, and which fields of a group it goes with, by the rules that plan.
 *
 * @param capabilities - of an engine that makes all of it in software
 */
export function hardwareTable(capabilities: Capabilities): string {
  const filters = [...capabilities.filters, ...SOURCE_FILTERS];
  const own = { ...capabilities, filters, hardware: DEVICE };
  const films = VIDEO_CODECS.flatMap((codec) => {
    const why = reasonOf({}, codec, FILM, own);
    return why === undefined ? [] : [`| \`${codec}\` | ${why === "" ? "yes" : "in software"} |`];
  });
  const fields = Object.entries({ ...ASKED, ...NARROW }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rows = fields.flatMap(([name, given]) => {
    const asked = [given].flat() as readonly Asked[];
    const reasons = asked.flatMap((one) =>
      CODECS.flatMap((codec) => SOURCES.flatMap((video) => reasonOf(one, codec, video, own) ?? [])),
    );
    if (reasons.length === 0) return [];
    const why = reasons.find((reason) => reason !== "");
    return [`| \`${name}\` | ${why === undefined ? "yes" : `in software, as ${why}`} |`];
  });
  return [
    ...["| codec | by a device |", "| --- | --- |", ...films, ""],
    ...["| field | by a device |", "| --- | --- |", ...rows],
  ].join("\n");
}
