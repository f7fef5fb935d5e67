import { type ErrorCode, TaskError } from "../task/errors.ts";

/** A range of a file's bytes. */
export type ByteRange = { readonly fromByte: number; readonly sizeBytes: number };

/** A segment of media, or the init segment before them, at an address of its own. */
export type Segment = {
  /** The absolute address. */
  readonly url: string;
  readonly range?: ByteRange;
  /** The address of its AES-128 key, and the initialization vector in hex digits. */
  readonly key?: { readonly url: string; readonly iv: string };
  readonly seconds: number;
  /** Its number within its track. Numbers increase, and stay the same however often a live manifest is read. */
  readonly at: number;
};

/** Segments of one track with continuous time stamps: their bytes, one after the other, are one media file. */
export type Track = { readonly init?: Segment; readonly segments: readonly Segment[] };

/** A span of time without a break in time stamps or codecs. */
export type Span = {
  readonly main: Track;
  /** The audio, if it is separate. */
  readonly audio?: Track;
};

/** What a manifest names, with one video and one audio chosen. */
export type Manifest = {
  readonly spans: readonly Span[];
  /** More is still to come, so that it has to be read again and again. */
  readonly isLive: boolean;
  /** The duration of its longest segment, as it states. */
  readonly segmentSeconds: number;
};

/** The kinds of manifests. */
export type ManifestKind = "hls" | "dash";

/** The longest manifest that is read: twice a playlist of ten hours in segments of two seconds with long signed addresses. */
export const MANIFEST_BYTES_MAX = 16 << 20;
/** The most segments of all tracks of a manifest, or of one HLS playlist: twice those of ten hours in segments of two seconds. */
export const SEGMENTS_MAX = 40_000;
/** The longest presentation, a week: a longer one is a mistake, or an attempt to fill the disk. */
export const SECONDS_MAX = 604_800;
const URI_CHARS_MAX = 8_000;
/** Of all addresses together, as they are resolved: as many segments as there may be, with 1,600 characters each. */
const ADDRESS_CHARS_MAX = 64 << 20;

/** How many bytes of a file show whether it is a manifest. */
export const HEAD_BYTES = 4_096;
const HLS = /^\uFEFF?#EXTM3U(?:\s|$)/;
/** A byte order mark, a declaration and comments may come first. */
const DASH = /^\uFEFF?\s*(?:<[?!][^<]*>\s*)*<MPD[\s>]/;

/** The kind of manifest that a text begins as; undefined if it is none. */
export function manifestKind(head: string): ManifestKind | undefined {
  if (HLS.test(head)) return "hls";
  return DASH.test(head) ? "dash" : undefined;
}

const NAMED = /\.(?:m3u8?|mpd)$/i;
/** The registered types, and others that servers send for HLS. @see https://www.iana.org/assignments/media-types */
const TYPES =
  /^(?:application\/(?:vnd\.apple\.mpegurl|x-mpegurl|dash\+xml)|audio\/(?:x-)?mpegurl)$/i;

/**
 * Whether a source is given as a manifest, by its name or by the type that its server sends. Only then is it read as one, so that whoever
 * uploads an "mp4" that is a playlist gets no access to files that the task's owner can read.
 */
export function isGivenAsManifest(url: string, mediaType = ""): boolean {
  const path = url.replace(/[?#].*$/s, "");
  return NAMED.test(path) || TYPES.test(mediaType.replace(/;.*$/s, "").trim());
}

/** The error of a manifest that cannot be used; `why` ends the sentence. */
export const refuseManifest = (code: ErrorCode, why: string): TaskError =>
  new TaskError(code, `Cannot read the source: its manifest ${why}`);

/**
 * Limits how much one manifest names. It counts while the manifest is read, before anything is expanded, as a few bytes can name millions
 * of segments, and addresses of any length.
 */
export class ManifestBudget {
  #segments = 0;
  #seconds = 0;
  #chars = 0;

  /** Counts segments that are about to be listed. @param seconds - of them together @throws {TaskError} `input_not_supported` */
  takeSegments(count: number, seconds = 0): void {
    this.#segments += count;
    this.#seconds += seconds;
    if (this.#segments > SEGMENTS_MAX)
      throw refuseManifest("input_not_supported", `names more than ${SEGMENTS_MAX} segments`);
    if (this.#seconds > SECONDS_MAX)
      throw refuseManifest("input_not_supported", "claims to be longer than a week");
  }

  /** Counts a resolved address. @returns the address @throws {TaskError} `input_not_supported` */
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
 * A manifest may name only addresses of its own kind: one from the network names none on this machine's disk, one on disk names none in
 * the network, and neither names anything else (`data:`, `concat:`, `ftp:` …). The storage that opens them judges them as if the caller
 * had named them. User info is kept for the same host.
 *
 * @param base - the absolute address of the manifest
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
 * Makes a range of bytes.
 *
 * @throws {TaskError} `source_not_media`
 */
export function rangeOf(fromByte: number, sizeBytes: number): ByteRange {
  const isGood = Number.isSafeInteger(fromByte + sizeBytes) && fromByte >= 0 && sizeBytes > 0;
  if (!isGood) throw refuseManifest("source_not_media", "names a range that makes no sense");
  return { fromByte, sizeBytes };
}
