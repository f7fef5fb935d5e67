import type { FieldError } from "../../task/errors.ts";
import { isToldIn } from "../container-rules.ts";
import type { Container } from "../containers.ts";

/** How segments are encrypted: whole, each by itself. @see https://www.rfc-editor.org/rfc/rfc8216#section-4.3.2.4 */
export const ENCRYPTION_METHODS = ["aes-128"] as const;

/** How the segments of a set are encrypted, and where players get the keys. */
export type Protection = {
  readonly method: (typeof ENCRYPTION_METHODS)[number];
  /** What the playlists name as the address of a key; `{task_id}` and `{key}`, its number from 0, are filled in. */
  readonly keyUrl: string;
  /** How many segments have one key; all of them if it is absent. */
  readonly rotateSegments?: number;
  /** The one key that the client gave, encrypted as the store has it; without it keys are made for each task. */
  readonly sealedKey?: string;
};

/** `encryption` of a parameter group; a key that was given is encrypted by then. */
export type EncryptionFields = {
  readonly method: Protection["method"];
  readonly key_url: string;
  readonly rotate_segments?: number | undefined;
  readonly sealed_key?: string | undefined;
};

/** The highest number of a key: there is one for each segment of two months. */
export const TASK_KEY_MAX = 999_999;

const TASK_PLACE = "{task_id}";
const KEY_PLACE = "{key}";

/** Reads how a group's segments are encrypted; adds to `faults` what does not go together. */
export function protectionOf(
  { method, key_url, rotate_segments, sealed_key }: EncryptionFields,
  container: Container,
  faults: FieldError[],
): Protection {
  const refuse = (path: string, message: string) =>
    faults.push({ path: `encryption${path}`, message });
  if (!isToldIn(container, "hls") || isToldIn(container, "dash"))
    refuse("", "is for m3u8 alone: players of DASH take no segments that are encrypted whole");
  if (sealed_key !== undefined && rotate_segments !== undefined)
    refuse(".rotate_segments", "needs keys that are made: leave key out");
  if (sealed_key === undefined && !key_url.includes(TASK_PLACE))
    refuse(".key_url", `must hold ${TASK_PLACE}, as each task has keys of its own`);
  if (rotate_segments !== undefined && !key_url.includes(KEY_PLACE))
    refuse(".key_url", `must hold ${KEY_PLACE}, as there are several keys`);
  return {
    method,
    keyUrl: key_url,
    ...(rotate_segments !== undefined && { rotateSegments: rotate_segments }),
    ...(sealed_key !== undefined && { sealedKey: sealed_key }),
  };
}

/** As an answer has it: whether a key was given, never which. */
export const encryptionFields = ({ method, keyUrl, rotateSegments, sealedKey }: Protection) => ({
  method,
  key_url: keyUrl,
  ...(rotateSegments !== undefined && { rotate_segments: rotateSegments }),
  ...(sealedKey !== undefined && { is_key_given: true }),
});

/** The address of a key, as playlists name it. */
export const keyUrlOf = ({ keyUrl }: Protection, taskId: string, key: number): string =>
  keyUrl.replaceAll(TASK_PLACE, taskId).replaceAll(KEY_PLACE, String(key));
