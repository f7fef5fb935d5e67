import {
  type Manifest,
  ManifestBudget,
  rangeOf,
  refuseManifest,
  resolveUri,
  SEGMENTS_MAX,
  type Segment,
  type Span,
  type Track,
} from "../manifest.ts";
import { type Attributes, attributesOf, linesOf } from "./hls-lines.ts";

/** A media playlist, in tracks without a break. */
export type MediaPlaylist = {
  readonly kind: "media";
  readonly tracks: readonly Track[];
  readonly hasEnded: boolean;
  readonly segmentSeconds: number;
};

/** What is chosen of a multivariant playlist: the addresses of media playlists. */
export type MasterPlaylist = {
  readonly kind: "master";
  readonly main: string;
  readonly audio?: string;
};

const VARIANTS_MAX = 1_000;

/**
 * Reads an HLS playlist strictly: lines that are not of the format are refused, and unknown tags are skipped.
 *
 * @param base - the absolute address of the playlist
 * @throws {TaskError} `source_not_media` (malformed), `input_not_supported` (encrypted otherwise than by AES-128, I-frames only,
 *   variables, too long), `source_address_invalid`
 * @see https://www.rfc-editor.org/rfc/rfc8216
 */
export function parseHls(text: string, base: string): MediaPlaylist | MasterPlaylist {
  const lines = linesOf(text);
  if (lines[0]?.trim() !== "#EXTM3U") throw malformed("does not begin with #EXTM3U");
  if (lines.some((line) => line.startsWith("#EXT-X-DEFINE")))
    throw refuseManifest("input_not_supported", "uses variables");
  const isMaster = lines.some((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  const isMedia = lines.some((line) => line.startsWith("#EXTINF:"));
  if (isMaster && isMedia) throw malformed("names both variants and segments");
  return isMaster ? parseMaster(lines, base) : new MediaReader(base).read(lines);
}

/** Joins the two playlists of a presentation: their tracks without a break belong together in their order. */
export function pairPlaylists(main: MediaPlaylist, audio?: MediaPlaylist): Manifest {
  const isLive = !main.hasEnded || audio?.hasEnded === false;
  // A live window may hold a break of one playlist before or after it holds that of the other.
  if (audio && !isLive && audio.tracks.length !== main.tracks.length)
    throw refuseManifest("input_not_supported", "breaks off its sound elsewhere than its picture");
  const spans = main.tracks.map((track, index): Span => {
    const audioTrack = audio?.tracks.at(index - main.tracks.length);
    return { main: track, ...(audioTrack && { audio: audioTrack }) };
  });
  const segmentSeconds = Math.max(main.segmentSeconds, audio?.segmentSeconds ?? 0);
  return { spans, isLive, segmentSeconds };
}

/** One `EXT-X-STREAM-INF` with its address. */
type Variant = {
  readonly uri: string;
  readonly pixels: number;
  readonly bandwidth: number;
  readonly attributes: Attributes;
};

function parseMaster(lines: readonly string[], base: string): MasterPlaylist {
  const media: Attributes[] = [];
  const variants: Variant[] = [];
  /** Variants whose address is still to come: the next line that is an address belongs to all of them. */
  let open: Attributes[] = [];
  for (const line of lines) {
    if (line.startsWith("#EXT-X-MEDIA:")) media.push(attributesOf(line));
    else if (line.startsWith("#EXT-X-STREAM-INF:")) open.push(attributesOf(line));
    else if (line.trim() !== "" && !line.startsWith("#")) {
      variants.push(...open.map((attributes) => variantOf(attributes, line.trim())));
      open = [];
    }
    if (open.length + variants.length > VARIANTS_MAX || media.length > VARIANTS_MAX)
      throw refuseManifest("input_not_supported", `names more than ${VARIANTS_MAX} variants`);
  }
  if (open.length > 0) throw malformed("names a variant without an address");
  const [best] = variants.toSorted((x, y) => y.pixels - x.pixels || y.bandwidth - x.bandwidth);
  if (!best) throw malformed("names no variant");
  const main = resolveUri(best.uri, base);
  const audioUri = audioOf(media, best.attributes.get("AUDIO"));
  const audio = audioUri === undefined ? undefined : resolveUri(audioUri, base);
  return { kind: "master", main, ...(audio !== undefined && audio !== main && { audio }) };
}

function variantOf(attributes: Attributes, uri: string): Variant {
  const [width = 0, height = 0] = (attributes.get("RESOLUTION") ?? "").split("x", 2).map(Number);
  const bandwidth = Number(attributes.get("BANDWIDTH") ?? 0) || 0;
  return { uri, pixels: width * height || 0, bandwidth, attributes };
}

/** The default audio of a group; undefined if the variant itself holds the audio. */
function audioOf(media: readonly Attributes[], group: string | undefined): string | undefined {
  const audios = media.filter(
    (each) => each.get("TYPE") === "AUDIO" && each.get("GROUP-ID") === group,
  );
  const chosen = audios.find((each) => each.get("DEFAULT") === "YES") ?? audios[0];
  return chosen?.get("URI");
}

/** Reads the lines of a media playlist; a tag applies to the segments after it. */
class MediaReader {
  readonly #tracks: { readonly init?: Segment; readonly segments: Segment[] }[] = [];
  #sequence = 0;
  readonly #budget = new ManifestBudget();
  #key: { readonly url: string; readonly iv?: string } | undefined;
  #init: Segment | undefined;
  #duration: number | undefined;
  #range: string | undefined;
  #isBreak = true;
  #hasEnded = false;
  #segmentSeconds = 0;
  /** Where the last range of a file ended, as the next one may omit its beginning. */
  #last: { readonly url: string; readonly endByte: number } | undefined;

  constructor(private readonly base: string) {}

  read(lines: readonly string[]): MediaPlaylist {
    for (const raw of lines.slice(1)) {
      const line = raw.trim();
      if (line === "" || (line.startsWith("#") && !line.startsWith("#EXT"))) continue;
      if (line.startsWith("#")) this.#tag(line);
      else this.#segment(line);
    }
    return {
      kind: "media",
      tracks: this.#tracks,
      hasEnded: this.#hasEnded,
      segmentSeconds: this.#segmentSeconds,
    };
  }

  #tag(line: string): void {
    const [, name = "", value = ""] = /^#([A-Z0-9-]+)(?::(.*))?$/.exec(line) ?? [];
    if (name === "EXTINF") this.#duration = secondsOf(value.split(",", 1)[0] ?? "");
    else if (name === "EXT-X-BYTERANGE") this.#range = value;
    else if (name === "EXT-X-DISCONTINUITY") this.#isBreak = true;
    else if (name === "EXT-X-MEDIA-SEQUENCE") this.#sequence = countOf(value);
    else if (name === "EXT-X-TARGETDURATION") this.#segmentSeconds = secondsOf(value);
    else if (name === "EXT-X-ENDLIST") this.#hasEnded = true;
    else if (name === "EXT-X-KEY") this.#key = this.#keyOf(attributesOf(line));
    else if (name === "EXT-X-MAP") this.#map(attributesOf(line));
    else if (name === "EXT-X-I-FRAMES-ONLY")
      throw refuseManifest("input_not_supported", "names key frames alone");
    else if (name === "EXT-X-GAP" || name === "EXT-X-SKIP")
      throw refuseManifest("input_not_supported", "leaves out segments");
  }

  #keyOf(attributes: Attributes) {
    const method = attributes.get("METHOD");
    if (method === "NONE") return undefined;
    const format = attributes.get("KEYFORMAT") ?? "identity";
    if (method !== "AES-128" || format !== "identity")
      throw refuseManifest(
        "input_not_supported",
        `says that it is encrypted by ${JSON.stringify((method ?? "").slice(0, 40))}, and AES-128 alone can be read`,
      );
    const uri = attributes.get("URI");
    if (uri === undefined) throw malformed("names a key without an address");
    const iv = attributes.get("IV");
    if (iv !== undefined && !/^0x[0-9a-f]{1,32}$/i.test(iv))
      throw malformed("names an initialization vector that is none");
    const url = this.#budget.takeAddress(resolveUri(uri, this.base));
    return { url, ...(iv !== undefined && { iv: iv.slice(2).toLowerCase().padStart(32, "0") }) };
  }

  #map(attributes: Attributes): void {
    const uri = attributes.get("URI");
    if (uri === undefined) throw malformed("names a map without an address");
    if (this.#key && this.#key.iv === undefined)
      throw malformed("encrypts a map without an initialization vector");
    const url = this.#budget.takeAddress(resolveUri(uri, this.base));
    const range = attributes.get("BYTERANGE");
    const init = {
      url,
      ...(range !== undefined && { range: this.#rangeOf(range, url) }),
      ...(this.#key?.iv !== undefined && { key: { url: this.#key.url, iv: this.#key.iv } }),
      seconds: 0,
      at: 0,
    };
    // The same map again changes nothing; another map begins another file.
    if (JSON.stringify(init) !== JSON.stringify(this.#init)) this.#isBreak = true;
    this.#init = init;
  }

  #segment(uri: string): void {
    if (this.#duration === undefined) throw malformed("names a segment without its duration");
    this.#budget.takeSegments(1, this.#duration);
    const url = this.#budget.takeAddress(resolveUri(uri, this.base));
    const at = this.#sequence;
    this.#sequence += 1;
    const segment: Segment = {
      url,
      ...(this.#range !== undefined && { range: this.#rangeOf(this.#range, url) }),
      ...(this.#key && { key: { url: this.#key.url, iv: this.#key.iv ?? sequenceIv(at) } }),
      seconds: this.#duration,
      at,
    };
    if (this.#isBreak)
      this.#tracks.push({ ...(this.#init && { init: this.#init }), segments: [segment] });
    else this.#tracks.at(-1)?.segments.push(segment);
    this.#isBreak = false;
    this.#duration = undefined;
    this.#range = undefined;
  }

  #rangeOf(text: string, url: string) {
    const [, size, from] = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(text) ?? [];
    if (size === undefined) throw malformed("names a range that is none");
    const before = this.#last?.url === url ? this.#last.endByte : undefined;
    const fromByte = from === undefined ? before : Number(from);
    if (fromByte === undefined) throw malformed("names a range without a beginning");
    this.#last = { url, endByte: fromByte + Number(size) };
    return rangeOf(fromByte, Number(size));
  }
}

const malformed = (why: string) => refuseManifest("source_not_media", why);

/** The initialization vector of a segment without one of its own: its number. @see https://www.rfc-editor.org/rfc/rfc8216#section-5.2 */
const sequenceIv = (sequence: number): string => sequence.toString(16).padStart(32, "0");

function secondsOf(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,12})?$/.test(text.trim()))
    throw malformed("names a duration that is none");
  return Number(text);
}

function countOf(text: string): number {
  const count = Number(text);
  if (!/^\d{1,16}$/.test(text.trim()) || !Number.isSafeInteger(count + SEGMENTS_MAX))
    throw malformed("names a sequence number that is none");
  return count;
}
