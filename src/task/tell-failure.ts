import { maskSecrets } from "../lib/mask.ts";
import type { ErrorCode, TaskError } from "./errors.ts";

/** Beyond this an address is cut: it is for people to recognise. */
const ADDRESS_CHARS_MAX = 200;

/** Failures of what is made of a source: their sentence may be about an encoder or an output alone. */
const OF_MEDIA: readonly ErrorCode[] = [
  ...(["input_not_supported", "output_not_supported", "option_invalid"] as const),
  ...(["invalid_parameter", "output_wrong", "copy_wrong"] as const),
  ...(["encoder_stalled", "encoder_killed", "limit_reached"] as const),
  ...(["deadline", "internal", "unknown"] as const),
];

/** An address as a sentence about a failure has it: quoted, cut, without secrets. */
export function quotedAddress(url: string): string {
  const shown = maskSecrets(url);
  return JSON.stringify(
    shown.length > ADDRESS_CHARS_MAX ? `${shown.slice(0, ADDRESS_CHARS_MAX)}…` : shown,
  );
}

/**
 * The sentence about a failed run, as its task has it: with the source's address, if it does not name what it is about.
 *
 * @param sourceUrl - as the task has it; its secrets are masked here
 */
export function tellFailure(
  { code, message }: Pick<TaskError, "code" | "message">,
  sourceUrl: string,
): string {
  if (/\b(?:source|target|address|at) "/.test(message)) return message;
  const named = `the source ${quotedAddress(sourceUrl)}`;
  if (/\bthe source\b/.test(message)) return message.replace(/\bthe source\b/, () => named);
  return OF_MEDIA.includes(code) ? `${message} (of ${named})` : message;
}
