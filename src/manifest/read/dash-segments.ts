import {
  type ManifestBudget,
  rangeOf,
  refuseManifest,
  resolveUri,
  SECONDS_MAX,
  type Segment,
  type Track,
} from "../manifest.ts";
import { childrenOf, type Element } from "./xml.ts";

/** When a part of a presentation plays, in s from its beginning; `seconds` is absent while it continues. */
export type PeriodTime = { readonly startSeconds: number; readonly seconds?: number };

/** A representation whose segments are wanted. */
export type Wanted = {
  /** The elements around it and itself, the outermost first. */
  readonly levels: readonly Element[];
  readonly id: string;
  readonly bandwidth: number;
  readonly base: string;
  readonly time: PeriodTime;
  /** The budget of the whole manifest. */
  readonly budget: ManifestBudget;
  /** For a live manifest: the time now, in s from the beginning of its period. */
  readonly live?: { readonly nowSeconds: number };
};

/** How many of the last segments are named by a live manifest that counts them by the clock. */
const LIVE_SEGMENTS = 10;

/** The segments of a representation, in order. Errors as in `parseDash`. */
export function expandSegments(wanted: Wanted): Track {
  const { levels, base, time, budget } = wanted;
  const template = said(levels, "SegmentTemplate");
  if (template) return byTemplate(template, wanted);
  const list = said(levels, "SegmentList");
  if (list) return byList(list, wanted);
  // It is one file that holds everything, its index too.
  budget.takeSegments(1);
  return { segments: [{ url: base, seconds: time.seconds ?? 0, at: 0 }] };
}

/** What is stated about segments at any level: inner attributes replace outer ones, and of children the innermost count. */
type Said = {
  readonly attribute: (name: string) => string | undefined;
  readonly children: (name: string) => readonly Element[];
};

function said(levels: readonly Element[], name: string): Said | undefined {
  const found = levels.toReversed().flatMap((level) => childrenOf(level, name).slice(0, 1));
  if (found.length === 0) return undefined;
  return {
    attribute: (key) => found.find(({ attributes }) => attributes.has(key))?.attributes.get(key),
    children: (key) =>
      found.map((each) => childrenOf(each, key)).find((children) => children.length > 0) ?? [],
  };
}

/** A segment that a timeline names, or that is counted. */
type Slot = { readonly number: number; readonly time: number; readonly duration: number };

function byTemplate(template: Said, wanted: Wanted): Track {
  const timescale = wholeOf(template.attribute("timescale"), 1);
  if (timescale === 0) throw malformed("counts time by nothing");
  const media = template.attribute("media");
  if (media === undefined) throw malformed("names segments without an address");
  const slots = slotsOf(template, timescale, wanted);
  const addressOf = (text: string): string =>
    wanted.budget.takeAddress(resolveUri(text, wanted.base));
  const initialization = template.attribute("initialization");
  const init = initialization !== undefined && filled(initialization, wanted);
  const hasTime = media.includes("$Time");
  return {
    ...(init && { init: { url: addressOf(init), seconds: 0, at: 0 } }),
    segments: slots.map((slot) => ({
      url: addressOf(filled(media, wanted, slot)),
      seconds: slot.duration / timescale,
      at: hasTime ? slot.time : slot.number,
    })),
  };
}

function slotsOf(template: Said, timescale: number, wanted: Wanted): readonly Slot[] {
  const { time, live, budget } = wanted;
  const first = wholeOf(template.attribute("startNumber"), 1);
  const [timeline] = template.children("SegmentTimeline");
  if (timeline) return timelineOf(timeline, { first, timescale, template, wanted });
  const duration = Number(template.attribute("duration"));
  if (!(duration > 0)) throw malformed("names segments without a duration");
  const counted = (index: number): Slot => ({
    number: first + index,
    time: index * duration,
    duration,
  });
  const seconds = duration / timescale;
  if (live) {
    const end = Math.floor(live.nowSeconds / seconds);
    const begin = Math.max(0, end - LIVE_SEGMENTS);
    return Array.from({ length: Math.max(0, end - begin) }, (_, index) => counted(begin + index));
  }
  if (time.seconds === undefined) throw unsupported("does not tell how long it is");
  // A tiny excess over a whole number is rounding.
  const count = Math.ceil(time.seconds / seconds - 1e-6);
  budget.takeSegments(count);
  return Array.from({ length: count }, (_, index) => counted(index));
}

/** The conditions of reading a timeline. */
type TimelinePlace = {
  readonly first: number;
  readonly timescale: number;
  readonly template: Said;
  readonly wanted: Wanted;
};

/** Each `S` states when a segment begins (else right after the one before), how long it is, and how many more like it follow. */
function timelineOf(
  timeline: Element,
  { first, timescale, template, wanted: { time, budget } }: TimelinePlace,
): readonly Slot[] {
  const periodEnd = ((time.seconds ?? 0) || Infinity) * timescale;
  const slots: Slot[] = [];
  const rows = childrenOf(timeline, "S");
  const origin = wholeOf(template.attribute("presentationTimeOffset"), 0);
  let at = origin;
  let sum = 0;
  for (const [index, { attributes }] of rows.entries()) {
    at = wholeOf(attributes.get("t"), at);
    const duration = wholeOf(attributes.get("d"), 0);
    if (duration === 0) throw malformed("names segments without a duration");
    const repeat = Number(attributes.get("r") ?? 0);
    const next = rows[index + 1]?.attributes.get("t");
    const until = next === undefined ? origin + periodEnd : wholeOf(next, 0);
    const more = repeat < 0 ? Math.ceil((until - at) / duration) - 1 : repeat;
    if (!Number.isSafeInteger(more)) throw malformed("repeats a segment without end");
    const count = Math.max(0, more + 1);
    budget.takeSegments(count);
    sum += (count * duration) / timescale;
    if (sum > SECONDS_MAX) throw unsupported("claims to be longer than a week");
    for (let each = 0; each < count; each++) {
      slots.push({ number: first + slots.length, time: at, duration });
      at += duration;
    }
  }
  return slots;
}

function byList(list: Said, { base, time, budget }: Wanted): Track {
  const timescale = wholeOf(list.attribute("timescale"), 1) || 1;
  const urls = list.children("SegmentURL");
  budget.takeSegments(urls.length);
  const said = Number(list.attribute("duration"));
  const seconds = said > 0 ? said / timescale : (time.seconds ?? 0) / Math.max(1, urls.length);
  const segmentOf = (element: Element, names: readonly [string, string], at: number): Segment => {
    const [uri, range] = names.map((name) => element.attributes.get(name));
    const url = budget.takeAddress(uri === undefined ? base : resolveUri(uri, base));
    return { url, ...(range !== undefined && { range: inclusive(range) }), seconds, at };
  };
  const [initialization] = list.children("Initialization");
  const init = initialization && segmentOf(initialization, ["sourceURL", "range"], 0);
  return {
    ...(init && { init }),
    segments: urls.map((each, at) => segmentOf(each, ["media", "mediaRange"], at)),
  };
}

function inclusive(text: string) {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  if (from === undefined) throw malformed("names a range that is none");
  return rangeOf(Number(from), Number(to) - Number(from) + 1);
}

const VARIABLE = /\$(RepresentationID|Bandwidth|Number|Time)?(?:%0(\d{1,2})d)?\$/g;

/** Fills in the variables of a template. @see ISO/IEC 23009-1, 5.3.9.4.4 */
function filled(template: string, { id, bandwidth }: Wanted, slot?: Slot): string {
  return template.replace(
    VARIABLE,
    (whole, name: string | undefined, width: string | undefined) => {
      if (name === undefined) return width === undefined ? "$" : whole;
      if (name === "RepresentationID") return id;
      const value = { Bandwidth: bandwidth, Number: slot?.number, Time: slot?.time }[name];
      if (value === undefined) throw malformed("names its beginning by a number");
      return String(value).padStart(Number(width ?? 1), "0");
    },
  );
}

function wholeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value))
    throw malformed("names a number that is none");
  return value;
}

const malformed = (why: string) => refuseManifest("source_not_media", why);
const unsupported = (why: string) => refuseManifest("input_not_supported", why);
