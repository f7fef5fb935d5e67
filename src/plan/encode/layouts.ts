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

/** What ffmpeg takes a sound of so many channels for whose layout is not said. */
const BY_COUNT = ["mono", "stereo", "2.1", "4.0", "5.0", "5.1"];

/** What each encoder takes, and its codec has a number or a place for, rising, the usual of each count first; 5.1 at most here. */
const TAKEN: Readonly<Record<AudioCodec, readonly string[]>> = {
  // Another layout is written as a list of its own (configuration 0), which browsers do not play.
  aac: ["mono", "stereo", "3.0", "4.0", "5.0", "5.1"],
  aache2: ["stereo"],
  mp3: ["mono", "stereo"],
  mp2: ["mono", "stereo"],
  ac3: [
    ...["mono", "stereo", "3.0", "3.0(back)", "2.1", "4.0", "quad(side)", "3.1"],
    ...["5.0", "5.0(side)", "4.1", "5.1", "5.1(side)"],
  ],
  // Of 5.0 its encoder puts the centre at the back (5.1, 7.1, 9.0).
  opus: ["mono", "stereo", "3.0", "quad", "5.1"],
};

/** The layouts that an AAC stream has by number: of another one it holds a list, and no browser plays that from pieces. */
const NUMBERED_IN_AAC = [
  ...["mono", "stereo", "downmix", "3.0", "4.0", "5.0", "5.1"],
  ...["6.1", "6.1(back)", "7.1", "7.1(wide)", "7.1(wide-side)"],
];

/** Whether players of AAC know a layout of it; where it is not said, they are taken to. */
export const isKnownInAac = (layout: string | undefined): boolean =>
  layout === undefined || NUMBERED_IN_AAC.includes(layout);

/** So many channels a codec has here. */
export const channelsMax = (codec: AudioCodec): number =>
  Math.max(...TAKEN[codec].map((layout) => channelsOf(layout).length));

const channelsOf = (layout: string): readonly string[] => CHANNELS[layout]?.split(" ") ?? [];

/** So many channels a layout has, of those that `layoutFor` gives. */
export const countOf = (layout: string): number => channelsOf(layout).length;

/**
 * The layout that a source's sound is encoded in: its own where the encoder takes it; else the smallest that has a place for each
 * of its channels, those at the side being the same as those at the back; else the largest.
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

/** The name of a source's layout; nothing where it has more channels than any that is written here. */
const layoutOf = ({ channels, layout = "" }: Channels): string | undefined =>
  countOf(layout) === channels && channels > 0 ? layout : BY_COUNT[channels - 1];

/** Of channels that are listed, those that are left are one or two of the usual layouts. */
const ODD_NAMES: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo" };

const placesOf = (channels: readonly string[]): readonly string[] =>
  channels.map((channel) => channel.replace("S", "B"));

/** What is in the middle of the back has a place in two channels at the back as well. */
const holds = (places: readonly string[], needed: readonly string[]): boolean =>
  needed.every(
    (channel) =>
      places.includes(channel) ||
      (channel === "BC" && ["BL", "BR"].every((one) => places.includes(one))),
  );
