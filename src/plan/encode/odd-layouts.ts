import type { Filter } from "./filters.ts";

/** The sound of a source as far as its channels go. */
export type Channels = { readonly channels: number; readonly layout?: string };

/** More than this without a word which they are: no layout is usual. */
const UNTOLD_MAX = 8;

/** Where channels that 7.1 does not have go in it. */
const NEAR: Readonly<Record<string, readonly string[]>> = {
  BC: ["BL", "BR"],
  FLC: ["FL"],
  FRC: ["FR"],
  WL: ["FL"],
  WR: ["FR"],
  DL: ["FL"],
  DR: ["FR"],
  LFE2: ["LFE"],
};
const PLACES = ["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"];

/** Sound from all around, of VR films; behind its channels two may stand that do not turn with the head. */
const AMBISONIC = /^ambisonic (\d+)(\+stereo)?/;

/**
 * The filter that hears ambisonic sound with two ears, to stand before all others, which take none of it; nothing where a sound is
 * another. Its first channel hears all around, and the second tells left from right.
 */
export function earsOf({ layout = "" }: Channels): Filter | undefined {
  const [ambisonic, order, more] = AMBISONIC.exec(layout) ?? [];
  if (ambisonic === undefined) return undefined;
  const count = (Number(order) + 1) ** 2;
  const [left, right] = more === undefined ? ["", ""] : [`+c${count}`, `+c${count + 1}`];
  const mixed = `stereo|FL=0.5*c0+0.5*c1${left}|FR=0.5*c0-0.5*c1${right}`;
  return { name: "pan", values: [mixed] };
}

/**
 * The channels of a sound in their order, where these make no layout that has a name: listed (`7 channels (FL+FR+…)`), or too many to
 * guess. ffmpeg converts some of these only in some versions (7.1 does not), and hears a single channel of the left on the left alone.
 */
export function oddChannels({ channels, layout = "" }: Channels): readonly string[] | undefined {
  if (AMBISONIC.test(layout)) return ["FL", "FR"];
  const listed = /^\d+ channels \((.+)\)$/.exec(layout)?.[1]?.split("+");
  const isUntold = channels > UNTOLD_MAX && (layout === "" || /^\d+ channels$/.test(layout));
  if (!listed && !isUntold) return undefined;
  if (channels === 1) return ["FC"];
  return channels === 2 || !listed ? ["FL", "FR"] : listed;
}

/** The filter that makes a layout with a name of such channels, for others to be made of; nothing where it has one. */
export function panOf(source: Channels): Filter | undefined {
  const odd = oddChannels(source);
  if (!odd || earsOf(source)) return undefined;
  const name = { 1: "mono", 2: "stereo" }[odd.length] ?? "7.1";
  const places = odd.length === 1 ? odd : PLACES;
  const parts = places.flatMap((place) => {
    const from = odd.flatMap((channel, at) =>
      (NEAR[channel] ?? [channel]).includes(place) ? [`c${at}`] : [],
    );
    return from.length === 0 ? [] : [`${place}<${from.join("+")}`];
  });
  return { name: "pan", values: [[name, ...parts].join("|")] };
}
