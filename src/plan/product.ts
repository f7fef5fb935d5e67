import type { MediaInfo } from "../probe/media.ts";
import type { Assignment, Rendition } from "../profile/profile.ts";
import { TaskError } from "../task/errors.ts";
import type { Clip } from "../task/task.ts";
import { codecName, formOf, holds, keptContainer, type Written } from "./containers.ts";
import { decideAudio, decideVideo } from "./copy-decision.ts";
import { expectationOf } from "./expectation.ts";
import type { Product } from "./plan.ts";
import { HDR_FILTERS, isHdr, staysInterlaced } from "./video-filters.ts";

/** A product with what its arguments are made of. */
export type Draft = {
  readonly product: Product;
  readonly rendition: Rendition;
  /** The product's own folder in the work folder: `0`. */
  readonly folder: string;
};

/**
 * Decides what one assignment makes of a source.
 *
 * @param index - of the assignment: names the product's folder
 * @throws {TaskError} `input_not_supported`, `output_not_supported`, `invalid_parameter`
 */
export function draftProduct(
  { rendition, targets }: Assignment,
  index: number,
  media: MediaInfo,
  clip: Clip | undefined,
): Draft {
  refuseMissingStreams(rendition, media);
  const container = containerOf(rendition, media);
  const video = decideVideo(rendition.video, media.video, container, clip !== undefined);
  const audio = decideAudio(rendition.audio, media.audio, clip !== undefined);
  const folder = String(index);
  const product: Product = {
    targets,
    container,
    entry: `${folder}/out.${formOf(container)?.extension ?? container}`,
    ...(container === "m3u8" && { segments: `${folder}/segments` }),
    video,
    audio,
    expect: expectationOf({ rendition, container, video, audio }, media, clip),
  };
  return { product, rendition, folder };
}

const refuseInput = (message: string): TaskError => new TaskError("input_not_supported", message);

function refuseMissingStreams({ video, audio }: Rendition, media: MediaInfo): void {
  if (video !== "none" && !media.video)
    throw refuseInput("Cannot make a video: the source has none");
  if (video === "none" && !media.audio)
    throw refuseInput("Cannot make an audio file: the source has no audio");
  const used = [
    video === "none" ? undefined : media.video,
    audio === "none" ? undefined : media.audio,
  ];
  const unknown = used.find((stream) => stream?.codec === "unknown");
  if (unknown) throw refuseInput(`Cannot read stream ${unknown.index}: its codec is unknown`);
}

/** The container that is written, with the streams it will get judged. */
function containerOf({ container, video, audio }: Rendition, media: MediaInfo): Written {
  const picture = nameOf(video, media.video?.codec);
  const sound = media.audio && nameOf(audio, media.audio.codec);
  if (container === "copy") {
    const kept = keptContainer(media.format, picture, sound);
    if (kept) return kept;
  } else if (holds(container, picture, sound)) return container;
  const streams = [picture, sound].filter((name) => name !== undefined).join(" and ");
  const name = container === "copy" ? `the source's container (${media.format})` : `"${container}"`;
  throw new TaskError(
    "output_not_supported",
    `Cannot put ${streams} into ${name}: it does not hold that here`,
  );
}

function nameOf(
  wanted: Rendition["video"] | Rendition["audio"],
  own: string | undefined,
): string | undefined {
  if (wanted === "none") return undefined;
  return wanted === "copy" ? own : codecName(wanted.codec);
}

/** The filters beyond the common ones that a draft needs of its engine. */
export function filtersNeeded({ product, rendition }: Draft, media: MediaInfo): readonly string[] {
  const { video } = rendition;
  if (product.video.action !== "encode" || typeof video === "string" || !media.video) return [];
  const isDeinterlaced = media.video.isInterlaced && !staysInterlaced(video, media.video);
  return [...(isHdr(media.video) ? HDR_FILTERS : []), ...(isDeinterlaced ? ["bwdif"] : [])];
}
