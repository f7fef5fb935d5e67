import type { AudioCodec } from "../../profile/codecs.ts";
import { type Channels, oddChannels } from "./odd-layouts.ts";

/** The channels of ffmpeg's layouts (`ffmpeg -layouts`), as far as sources have them. */
const CHANNELS: Readonly<Record<string, string>> = {
  mono: "FC",
  stereo: "FL FR",
  downmix: "FL FR",
  "2.1": "FL FR LFE",
  "3.0": "FL FR FC",
  "3.0(back)": "FL FR BC",
  "4.0": "FL FR FC BC",
  quad: "FL FR BL BR",
  "quad(side)": "FL FR SL SR",
  "3.1": "FL FR FC LFE",
  "4.1": "FL FR FC LFE BC",
  "5.0": "FL FR FC BL BR",
  "5.0(side)": "FL FR FC SL SR",
  "5.1": "FL FR FC LFE BL BR",
  "5.1(side)": "FL FR FC LFE SL SR",
};

/** The layouts that ffmpeg assumes for one channel, two, and so on, if none is given. */
const BY_COUNT = ["mono", "stereo", "2.1", "4.0", "5.0", "5.1"];

/**
 * The layouts that each encoder takes and its codec has a number or a place for, up to 5.1. They rise by number of
 * channels, with the usual one of each number first.
 */
const TAKEN: Readonly<Record<AudioCodec, readonly string[]>> = {
  // Other layouts are written as a list of channels (configuration 0), which browsers do not play.
  aac: ["mono", "stereo", "3.0", "4.0", "5.0", "5.1"],
  aache2: ["stereo"],
  mp3: ["mono", "stereo"],
  mp2: ["mono", "stereo"],
  ac3: [
    ...["mono", "stereo", "3.0", "3.0(back)", "2.1", "4.0", "quad(side)", "3.1"],
    ...["5.0", "5.0(side)", "4.1", "5.1", "5.1(side)"],
  ],
  // 5.0 is left out, because the encoder puts its centre at the back (5.1, 7.1, 9.0).
  opus: ["mono", "stereo", "3.0", "quad", "5.1"],
};

/** The layouts that AAC has numbers for. For others, a stream holds a list of channels, which no browser plays from segments. */
const NUMBERED_IN_AAC = [
  ...["mono", "stereo", "downmix", "3.0", "4.0", "5.0", "5.1"],
  ...["6.1", "6.1(back)", "7.1", "7.1(wide)", "7.1(wide-side)"],
];

/** Whether players of AAC know a layout; if it is not given, they are assumed to. */
export const isKnownInAac = (layout: string | undefined): boolean =>
  layout === undefined || NUMBERED_IN_AAC.includes(layout);

/** The most channels that a codec has here. */
export const channelsMax = (codec: AudioCodec): number =>
  Math.max(...TAKEN[codec].map((layout) => channelsOf(layout).length));

const channelsOf = (layout: string): readonly string[] => CHANNELS[layout]?.split(" ") ?? [];

/** How many channels a layout has, if it is one that `layoutFor` gives. */
export const countOf = (layout: string): number => channelsOf(layout).length;

/**
 * The layout that a source's sound is encoded in: its own if the encoder takes it; otherwise the smallest one with a
 * place for each of its channels, where channels at the side and at the back count as the same; otherwise the largest. If
 * another number of channels is asked for, it is the usual layout of that number.
 *
 * @param wanted - how many channels are asked for
 */
export function layoutFor(codec: AudioCodec, source: Channels, wanted?: number): string {
  const known = TAKEN[codec];
  const odd = oddChannels(source);
  const own = odd ? ODD_NAMES[odd.length] : layoutOf(source);
  const count = wanted ?? channelsMax(codec);
  const usual = known.find((layout) => countOf(layout) >= count) ?? known.at(-1) ?? "stereo";
  const needed = odd ?? channelsOf(own ?? "");
  if (needed.length === 0 || (wanted !== undefined && wanted !== needed.length)) return usual;
  if (own !== undefined && known.includes(own)) return own;
  const fitting = known.find(
    (layout) =>
      holds(placesOf(channelsOf(layout)), placesOf(needed)) &&
      (wanted === undefined || countOf(layout) === wanted),
  );
  return fitting ?? usual;
}

/** The name of a source's layout; undefined if it has more channels than any that is written here. */
const layoutOf = ({ channels, layout = "" }: Channels): string | undefined =>
  countOf(layout) === channels && channels > 0 ? layout : BY_COUNT[channels - 1];

/** The names of the layouts of one or two odd channels. */
const ODD_NAMES: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo" };

const placesOf = (channels: readonly string[]): readonly string[] =>
  channels.map((channel) => channel.replace("S", "B"));

/** Whether all needed channels have a place. A centre at the back also has one if there are two channels at the back. */
const holds = (places: readonly string[], needed: readonly string[]): boolean =>
  needed.every(
    (channel) =>
      places.includes(channel) ||
      (channel === "BC" && ["BL", "BR"].every((one) => places.includes(one))),
  );
