import { type ErrorCode, TaskError } from "../task/errors.ts";

/** A range of a file's bytes. */
export type ByteRange = { readonly fromByte: number; readonly sizeBytes: number };

/** A segment of media that lies elsewhere: a segment, or what stands before all segments. */
export type Segment = {
  /** Absolute. */
  readonly url: string;
  readonly range?: ByteRange;
  /** Where its AES-128 key lies, and the initialization vector in hex digits. */
  readonly key?: { readonly url: string; readonly iv: string };
  readonly seconds: number;
  /** Its place among the segments of its track: it grows, and stays the same however often a live manifest is read. */
  readonly at: number;
};

/** Segments of one track whose time stamps go on: their bytes, one after the other, are one media file. */
export type Track = { readonly init?: Segment; readonly segments: readonly Segment[] };

/** A stretch of time without a break in time stamps or codecs. */
export type Span = {
  readonly main: Track;
  /** The sound, where it is kept apart. */
  readonly audio?: Track;
};

/** What a manifest names, with everything chosen: one picture, one sound. */
export type Manifest = {
  readonly spans: readonly Span[];
  /** More is still to come: it is read again and again. */
  readonly isLive: boolean;
  /** Of its longest segment, as it says. */
  readonly segmentSeconds: number;
};

/** The kinds of manifests. */
export type ManifestKind = "hls" | "dash";

/** A playlist of ten hours in segments of two seconds with long signed addresses is half of this. */
export const MANIFEST_BYTES_MAX = 16 << 20;
/** Segments of all tracks: ten hours in segments of two seconds, twice. */
export const SEGMENTS_MAX = 40_000;
/** A week: what claims more is a mistake, or wants to fill the disk. */
export const SECONDS_MAX = 604_800;
const URI_CHARS_MAX = 8_000;
/** Of all addresses together, as they are resolved: a hundred characters each, for as many segments as there may be, eight times over. */
const ADDRESS_CHARS_MAX = 32 << 20;

/** So many bytes of a file show whether it is a manifest. */
export const HEAD_BYTES = 4_096;
const HLS = /^\uFEFF?#EXTM3U(?:\s|$)/;
/** Perhaps after a byte order mark, a declaration and comments. */
const DASH = /^\uFEFF?\s*(?:<[?!][^<]*>\s*)*<MPD[\s>]/;

/** What a text begins as; nothing where it is no manifest. */
export function manifestKind(head: string): ManifestKind | undefined {
  if (HLS.test(head)) return "hls";
  return DASH.test(head) ? "dash" : undefined;
}

const NAMED = /\.(?:m3u8?|mpd)$/i;
/** @see https://www.iana.org/assignments/media-types, and what servers send for HLS besides */
const TYPES =
  /^(?:application\/(?:vnd\.apple\.mpegurl|x-mpegurl|dash\+xml)|audio\/(?:x-)?mpegurl)$/i;

/**
 * Whether a source is given as a manifest, by its name or by the type its server says. Only then is it taken for one: whoever
 * uploads an "mp4" that is a playlist does not get at files that its task's owner can read.
 */
export function isGivenAsManifest(url: string, mediaType = ""): boolean {
  const path = url.replace(/[?#].*$/s, "");
  return NAMED.test(path) || TYPES.test(mediaType.replace(/;.*$/s, "").trim());
}

/** The error of a manifest that cannot be used; `why` ends the sentence. */
export const refuseManifest = (code: ErrorCode, why: string): TaskError =>
  new TaskError(code, `Cannot read the source: its manifest ${why}`);

/**
 * What one manifest may name in all, counted while it is read, before anything is expanded: a few bytes of it can name millions of
 * segments, and addresses of any length.
 */
export class ManifestBudget {
  #segments = 0;
  #seconds = 0;
  #chars = 0;

  /** Takes segments that are about to be listed, of so many seconds together. @throws {TaskError} `input_not_supported` */
  takeSegments(count: number, seconds = 0): void {
    this.#segments += count;
    this.#seconds += seconds;
    if (this.#segments > SEGMENTS_MAX)
      throw refuseManifest("input_not_supported", `names more than ${SEGMENTS_MAX} segments`);
    if (this.#seconds > SECONDS_MAX)
      throw refuseManifest("input_not_supported", "claims to be longer than a week");
  }

  /** Takes an address that was resolved, and gives it back. @throws {TaskError} `input_not_supported` */
  takeAddress(url: string): string {
    this.#chars += url.length;
    if (this.#chars > ADDRESS_CHARS_MAX)
      throw refuseManifest(
        "input_not_supported",
        `names addresses of more than ${ADDRESS_CHARS_MAX >> 20} million characters`,
      );
    return url;
  }
}

/**
 * The absolute address of a URI in a manifest.
 *
 * A manifest names addresses of its own kind alone: one from the network none on this machine's disk, one on disk none in the
 * network, and neither anything else (`data:`, `concat:`, `ftp:` …). Which of them may be had is judged by the storage that
 * opens them, as if the caller had named them. User info goes on to the same host.
 *
 * @param base - absolute
 * @throws {TaskError} `source_address_invalid`
 */
export function resolveUri(uri: string, base: string): string {
  if (uri.length > URI_CHARS_MAX)
    throw refuseManifest(
      "source_address_invalid",
      `names an address of more than ${URI_CHARS_MAX} characters`,
    );
  const from = new URL(base);
  const to = /[\p{Cc}\\\s]/u.test(uri) ? null : URL.parse(uri, base);
  if (!to) throw refuseManifest("source_address_invalid", "names a malformed address");
  const isSame = familyOf(to) === familyOf(from) && (to.protocol !== "file:" || to.host === "");
  if (!isSame)
    throw refuseManifest(
      "source_address_invalid",
      `names an address of the scheme "${to.protocol.slice(0, -1).slice(0, 20)}"`,
    );
  const isHome = to.host === from.host && to.protocol === from.protocol;
  if (isHome && to.username === "" && to.password === "") {
    to.username = from.username;
    to.password = from.password;
  }
  to.hash = "";
  return to.href;
}

const familyOf = ({ protocol }: URL): string => (protocol === "https:" ? "http:" : protocol);

/**
 * A range `from-to` of bytes, both inclusive.
 *
 * @throws {TaskError} `source_not_media`
 */
export function rangeOf(fromByte: number, sizeBytes: number): ByteRange {
  const isGood = Number.isSafeInteger(fromByte + sizeBytes) && fromByte >= 0 && sizeBytes > 0;
  if (!isGood) throw refuseManifest("source_not_media", "names a range that makes no sense");
  return { fromByte, sizeBytes };
}
