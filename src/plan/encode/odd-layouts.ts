import type { Filter } from "./filters.ts";

/** How many channels a source's sound has, and which. */
export type Channels = { readonly channels: number; readonly layout?: string };

/** If a source has more channels than this and does not say which, there is no usual layout to assume. */
const UNTOLD_MAX = 8;

/** Where channels that 7.1 lacks go in it. */
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

/** Ambisonic sound, as VR films have it; two more channels may follow, which do not turn with the head. */
const AMBISONIC = /^ambisonic (\d+)(\+stereo)?/;

/**
 * The filter that turns ambisonic sound into stereo; undefined for other sound. It has to come before all other filters,
 * which do not take ambisonic sound. The first channel is the sound from all around, and the second tells left from
 * right.
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
 * The channels of a sound, in their order, if they make no layout that has a name: they are listed (`7 channels
 * (FL+FR+…)`), or too many to guess. undefined for other sound. ffmpeg converts some of these only in some versions (7.1
 * does not), and puts a single left channel on the left alone.
 */
export function oddChannels({ channels, layout = "" }: Channels): readonly string[] | undefined {
  if (AMBISONIC.test(layout)) return ["FL", "FR"];
  const listed = /^\d+ channels \((.+)\)$/.exec(layout)?.[1]?.split("+");
  const isUntold = channels > UNTOLD_MAX && (layout === "" || /^\d+ channels$/.test(layout));
  if (!listed && !isUntold) return undefined;
  if (channels === 1) return ["FC"];
  return channels === 2 || !listed ? ["FL", "FR"] : listed;
}

/**
 * The filter that turns such channels into a layout with a name, from which others can be made; undefined if the sound
 * has one, or is ambisonic.
 */
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
