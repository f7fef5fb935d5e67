import { primingSamples } from "../../probe/hidden.ts";
import type { AudioStream, Hidden, MediaInfo, VideoStream } from "../../probe/media.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";
import { hiddenFault, hidesHead } from "../decide/hidden.ts";
import type { Plan, PlannedOutput } from "../plan.ts";
import { WrongOutput } from "./wrong-output.ts";

type Kind = "video" | "audio";
const KINDS: readonly Kind[] = ["video", "audio"];

/** A copy that must not be delivered. The caller gets its message if the plan has to copy all the same. */
export class WrongCopy extends TaskError {
  /** Adds what is known now to a source, so that another plan encodes its streams that need not be copied. */
  readonly marked: (media: MediaInfo) => MediaInfo;

  constructor(
    code: ErrorCode,
    message: string,
    marked: (media: MediaInfo) => MediaInfo,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.marked = marked;
  }
}

const isCopied = (product: Pick<PlannedOutput, Kind>, kind: Kind): boolean =>
  product[kind].action === "copy";

/** A source with each stream of some kinds changed. @param sound - the stream that is its sound, if it is not the main one */
function changed(
  media: MediaInfo,
  kinds: readonly Kind[],
  change: <S extends VideoStream | AudioStream>(stream: S, kind: Kind) => S,
  sound = media.audio,
): MediaInfo {
  const { video } = media;
  const isMain = media.audio?.index === sound?.index;
  const audio = isMain ? media.audio : undefined;
  const streams = media.streams.map((one) =>
    kinds.includes("audio") && one.kind === "audio" && one.index === sound?.index
      ? change(one, "audio")
      : one,
  );
  return {
    ...media,
    ...(isMain ? {} : { streams }),
    ...(video && kinds.includes("video") && { video: change(video, "video") }),
    ...(audio && kinds.includes("audio") && { audio: change(audio, "audio") }),
  };
}

/** A copied clip that ends so much before the end of the film, or earlier, holds none of the film's last packets. */
const END_SECONDS = 1;

/** Whether a copied clip reaches to where an edit list may hide something, which only the source's packets show. */
export function mayHoldHidden(
  products: readonly Pick<PlannedOutput, Kind | "expect">[],
  { format, durationSeconds = 0 }: MediaInfo,
): boolean {
  const reaches = ({ expect: { clip } }: Pick<PlannedOutput, "expect">): boolean => {
    const { startSeconds, durationSeconds: lasting } = clip ?? { startSeconds: 0 };
    return startSeconds + (lasting ?? durationSeconds) >= durationSeconds - END_SECONDS;
  };
  return (
    format.startsWith("mov,") &&
    products.some((product) => KINDS.some((kind) => isCopied(product, kind)) && reaches(product))
  );
}

/** How much of a stream an edit list hides, by its packets, except what decoders swallow of audio. */
function hiddenOf(source: MediaInfo, kind: Kind): Hidden {
  const { hiddenSeconds: laterSeconds = 0, hiddenHeadSeconds = 0 } = source[kind]?.packets ?? {};
  const { audio } = source;
  const swallowed = kind === "audio" && audio ? primingSamples(audio) / audio.samplerateHz : 0;
  return { headSeconds: hiddenHeadSeconds > swallowed ? hiddenHeadSeconds : 0, laterSeconds };
}

/**
 * Refuses copies that would show what an edit list hides. The header does not always say that something is hidden; the
 * packets do.
 *
 * @param source - with its packets, if they were counted
 * @param sound - the stream that is the sound of `source`, if it was chosen
 * @throws {WrongCopy}
 */
export function refuseHiddenCopies(
  products: readonly Pick<PlannedOutput, Kind | "container">[],
  source: MediaInfo,
  sound?: AudioStream,
): void {
  const hidden = { video: hiddenOf(source, "video"), audio: hiddenOf(source, "audio") };
  const isShown = (kind: Kind) => (product: Pick<PlannedOutput, Kind | "container">) => {
    const isKept = kind === "video" && hidesHead(product.container);
    const { headSeconds, laterSeconds } = hidden[kind];
    return isCopied(product, kind) && laterSeconds + (isKept ? 0 : headSeconds) > 0;
  };
  const shown = KINDS.filter((kind) => products.some(isShown(kind)));
  const [kind] = shown;
  if (!kind) return;
  const marked = (media: MediaInfo) =>
    changed(
      media,
      shown,
      (stream, of) => {
        const { headSeconds = 0, laterSeconds = 0 } = stream.hidden ?? {};
        return {
          ...stream,
          hidden: {
            headSeconds: Math.max(headSeconds, hidden[of].headSeconds),
            laterSeconds: Math.max(laterSeconds, hidden[of].laterSeconds),
          },
        };
      },
      sound,
    );
  const why = hiddenFault(kind === "video" ? "picture" : "sound", hidden[kind]);
  throw new WrongCopy("output_not_supported", `Cannot copy the source: ${why}`, marked);
}

/**
 * Finds who is to blame for an output that is not as planned. If a copy comes out wrong, the source is of a kind that
 * cannot be copied there, or is damaged. What was encoded is our fault.
 *
 * @param source - with its packets, if they were counted
 * @param isDamaged - whether bytes of the source are known to be missing or broken
 * @param sound - the stream that the product's sound was made of, if it was chosen
 * @returns the error itself, or a `WrongCopy` in its place
 */
export function blameCopy(
  error: unknown,
  product: Pick<PlannedOutput, Kind | "container">,
  source: MediaInfo,
  isDamaged: boolean,
  sound?: AudioStream,
): unknown {
  if (!(error instanceof TaskError) || error.code !== "output_wrong") return error;
  const kind = error instanceof WrongOutput ? error.kind : undefined;
  const blamed = kind ? [kind] : KINDS.filter((one) => product[one].action !== "none");
  if (!blamed.every((one) => isCopied(product, one))) return error;
  const { container } = product;
  const why = error.message.replace(/^Cannot \w+ the \w+: /, "");
  const marked = (media: MediaInfo) =>
    changed(
      media,
      blamed,
      (stream) => ({
        ...stream,
        uncopied: { ...stream.uncopied, [container]: `in a copy, ${why}` },
      }),
      sound,
    );
  const wrong = (code: ErrorCode, message: string) =>
    new WrongCopy(code, message, marked, { cause: error });
  if (isDamaged) return wrong("source_damaged", `Cannot use the source: in a copy of it, ${why}`);
  if (blamed.some((one) => standsStill(source, one)))
    return wrong("source_damaged", "Cannot use the source: all its packets are at one moment");
  return wrong("copy_wrong", `Cannot copy the source into "${container}": in the copy, ${why}`);
}

function standsStill(source: MediaInfo, kind: Kind): boolean {
  const packets = source[kind]?.packets;
  return packets !== undefined && packets.count > 1 && packets.firstSeconds === packets.lastSeconds;
}

/** Whether two plans of the same task have different steps. */
export const differs = ({ steps }: Plan, before: Plan): boolean =>
  JSON.stringify(steps) !== JSON.stringify(before.steps);
