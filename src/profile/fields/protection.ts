import type { FieldError } from "../../task/errors.ts";
import { codecName, type VideoCodec } from "../codecs.ts";
import { carrierOf, isToldIn } from "../container-rules.ts";
import { type Container, isOfSource } from "../containers.ts";

/**
 * How segments are encrypted: whole, each by itself (`aes-128`), or sample by sample in fragments of mp4.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.2.4
 * @see ISO/IEC 23001-7 for `cenc` (AES-CTR) and `cbcs` (AES-CBC of one block in ten)
 */
export const ENCRYPTION_METHODS = ["aes-128", "cenc", "cbcs"] as const;

/** How samples are encrypted. */
export type SampleMethod = Exclude<(typeof ENCRYPTION_METHODS)[number], "aes-128">;

/** How the segments of a set are encrypted whole, and where players get the keys. */
export type WholeProtection = {
  readonly method: "aes-128";
  /** What the playlists name as the address of a key; `{task_id}` and `{key}`, its number from 0, are filled in. */
  readonly keyUrl: string;
  /** How many segments have one key; all of them if it is absent. */
  readonly rotateSegments?: number;
  /** The one key that the client gave, encrypted as the store has it; without it keys are made for each task. */
  readonly sealedKey?: string;
};

/** How the samples of a set are encrypted by one key, and where players get it. */
export type SampleProtection = {
  readonly method: SampleMethod;
  /** What playlists of HLS name as the address of the key; `{task_id}`, `{key}` and `{key_id}` are filled in. Present if the set has some. */
  readonly keyUrl?: string;
  /** What playlists of HLS say how the key is got; `identity` if it is absent: it lies at its address as it is. */
  readonly keyFormat?: string;
  /** What a manifest of DASH names as the server that answers ClearKey's questions, with the same filled in; absent if it names none. */
  readonly licenseUrl?: string;
  /** As of `WholeProtection`; then `keyId` is there too. */
  readonly sealedKey?: string;
  /** What players know the given key by, 32 hex digits. */
  readonly keyId?: string;
};

/** How the segments of a set are encrypted. */
export type Protection = WholeProtection | SampleProtection;

/** `encryption` of a parameter group; a key that was given is encrypted by then. */
export type EncryptionFields = {
  readonly method: Protection["method"];
  readonly key_url?: string | undefined;
  readonly key_format?: string | undefined;
  readonly license_url?: string | undefined;
  readonly rotate_segments?: number | undefined;
  readonly sealed_key?: string | undefined;
  readonly key_id?: string | undefined;
};

/** The highest number of a key: there is one for each segment of two months. */
export const TASK_KEY_MAX = 999_999;

const TASK_PLACE = "{task_id}";
const KEY_PLACE = "{key}";
const KEY_ID_PLACE = "{key_id}";

/** What is known of a group when its encryption is judged. */
type Group = {
  readonly container: Container;
  readonly video: "copy" | "none" | { readonly codec: VideoCodec } | undefined;
};

/** Says that something is wrong with a field within `encryption`, such as `.key_url`, or with the whole. */
type Refuse = (path: string, message: string) => void;

/** Reads how a group's segments are encrypted; adds to `faults` what does not go together. */
export function protectionOf(
  fields: EncryptionFields,
  group: Group,
  faults: FieldError[],
): Protection {
  const refuse: Refuse = (path, message) =>
    void faults.push({ path: `encryption${path}`, message });
  return fields.method === "aes-128"
    ? wholeProtection(fields, group, refuse)
    : sampleProtection({ ...fields, method: fields.method }, group, refuse);
}

function wholeProtection(
  { key_url = "", rotate_segments, sealed_key, ...others }: EncryptionFields,
  { container }: Group,
  refuse: Refuse,
): WholeProtection {
  if (!isToldIn(container, "hls") || isToldIn(container, "dash"))
    refuse("", "is for m3u8 alone: players of DASH take no segments that are encrypted whole");
  if (key_url === "") refuse(".key_url", "must be given");
  else if (sealed_key === undefined && !key_url.includes(TASK_PLACE))
    refuse(".key_url", `must hold ${TASK_PLACE}, as each task has keys of its own`);
  if (sealed_key !== undefined && rotate_segments !== undefined)
    refuse(".rotate_segments", "needs keys that are made: leave key out");
  if (rotate_segments !== undefined && key_url !== "" && !key_url.includes(KEY_PLACE))
    refuse(".key_url", `must hold ${KEY_PLACE}, as there are several keys`);
  for (const name of ["key_id", "key_format", "license_url"] as const)
    if (others[name] !== undefined) refuse(`.${name}`, "is for cenc and cbcs");
  return {
    method: "aes-128",
    keyUrl: key_url,
    ...(rotate_segments !== undefined && { rotateSegments: rotate_segments }),
    ...(sealed_key !== undefined && { sealedKey: sealed_key }),
  };
}

/** Why a picture cannot be copied into an encrypted set; undefined if it can. @param codec - in ffmpeg's names */
export const copyFault = (
  protection: Protection | undefined,
  codec: string | undefined,
): string | undefined =>
  protection === undefined ||
  protection.method === "aes-128" ||
  codec === undefined ||
  SAMPLES_OF.includes(codec)
    ? undefined
    : `Cannot copy the video into a set of ${protection.method}: it is ${codec}, and h264 and h265 alone are encrypted so`;

/** The video codecs whose samples are encrypted: of others, other parts have to stay clear. */
const SAMPLES_OF: readonly string[] = ["h264", "hevc"];

function sampleProtection(
  fields: EncryptionFields & { readonly method: SampleMethod },
  { container, video }: Group,
  refuse: Refuse,
): SampleProtection {
  const { method, key_url, key_format, license_url, rotate_segments, sealed_key, key_id } = fields;
  const codec = typeof video === "object" ? codecName(video.codec) : undefined;
  if (isOfSource(container) || !isFragments(container, codec))
    refuse(
      ".method",
      `${method} is for dash and cmaf, and for m3u8 of h265: it needs fragments of mp4`,
    );
  else if (codec !== undefined && !SAMPLES_OF.includes(codec))
    refuse(".method", `${method} is for h264 and h265: ${codec} is not encrypted here`);
  if (rotate_segments !== undefined)
    refuse(".rotate_segments", "is for aes-128: there is one key by cenc and cbcs");
  if (sealed_key !== undefined && key_id === undefined)
    refuse(".key_id", "must be given with key: players ask for the key by it");
  if (sealed_key === undefined && key_id !== undefined)
    refuse(".key_id", "needs key: keys that are made have ids of their own");
  judgeAddresses(fields, container, refuse);
  return {
    method,
    ...(key_url !== undefined && { keyUrl: key_url }),
    ...(key_format !== undefined && { keyFormat: key_format }),
    ...(license_url !== undefined && { licenseUrl: license_url }),
    ...(sealed_key !== undefined && { sealedKey: sealed_key }),
    ...(key_id !== undefined && { keyId: key_id.toLowerCase() }),
  };
}

/** Whether a set is fragments of mp4. @param codec - of the video, in ffmpeg's names */
const isFragments = (container: Exclude<Container, "copy">, codec: string | undefined): boolean =>
  (isToldIn(container, "hls") || isToldIn(container, "dash")) &&
  carrierOf(container, codec) === "mp4";

function judgeAddresses(
  { key_url, key_format, license_url, sealed_key }: EncryptionFields,
  container: Container,
  refuse: Refuse,
): void {
  if (isToldIn(container, "hls")) {
    if (key_url === undefined) refuse(".key_url", "must be given: playlists name it");
    else if (
      sealed_key === undefined &&
      ![TASK_PLACE, KEY_ID_PLACE].some((place) => key_url.includes(place))
    )
      refuse(
        ".key_url",
        `must hold ${TASK_PLACE} or ${KEY_ID_PLACE}, as each task has keys of its own`,
      );
  } else {
    if (key_url !== undefined) refuse(".key_url", "is for playlists of HLS: give license_url");
    if (key_format !== undefined) refuse(".key_format", "is for playlists of HLS");
  }
  if (license_url !== undefined && !isToldIn(container, "dash"))
    refuse(".license_url", "is for manifests of DASH: give key_url");
}

/** As an answer has it: whether a key was given, never which. */
export function encryptionFields(protection: Protection) {
  const { method, keyUrl, sealedKey } = protection;
  return {
    method,
    ...(keyUrl !== undefined && { key_url: keyUrl }),
    ...(protection.method === "aes-128"
      ? protection.rotateSegments !== undefined && { rotate_segments: protection.rotateSegments }
      : {
          ...(protection.keyFormat !== undefined && { key_format: protection.keyFormat }),
          ...(protection.licenseUrl !== undefined && { license_url: protection.licenseUrl }),
          ...(protection.keyId !== undefined && { key_id: protection.keyId }),
        }),
    ...(sealedKey !== undefined && { is_key_given: true }),
  };
}

/** What an address is filled in with: of which task the key is, its number, and its id. */
type KeyNames = { readonly taskId: string; readonly key: number; readonly keyId: string };

/** An address with what it is to hold of a key. */
export const filledAddress = (template: string, { taskId, key, keyId }: KeyNames): string =>
  [
    [TASK_PLACE, taskId],
    [KEY_PLACE, String(key)],
    [KEY_ID_PLACE, keyId],
  ].reduce((text, [place = "", value = ""]) => text.replaceAll(place, value), template);
