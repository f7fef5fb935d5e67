import { codecName } from "../../profile/codecs.ts";
import { ANY_CONTAINER, isAnimated, isImage } from "../../profile/container-rules.ts";
import type { Written } from "../../profile/containers.ts";
import type { Assignment, Rendition } from "../../profile/profile.ts";
import { TaskError } from "../../task/errors.ts";
import { impossibilityOf } from "../feasible/feasible.ts";
import type { Impossibility } from "../feasible/impossibility.ts";
import { isJudged } from "../feasible/quality-fault.ts";
import { assignmentFault } from "../feasible/set-feasible.ts";
import type { Capabilities } from "../plan.ts";
import { burnsIn } from "../subtitles/burn-in.ts";
import type { LiveContainer, MaybeLive } from "./live-protocols.ts";

/** What RTSP carries and this service sends through it, in ffmpeg's names. */
const RTSP_CODECS = ["h264", "hevc", "aac", "mp3", "mp2", "ac3", "opus"];

const unsupported = (message: string): Impossibility => ({ code: "output_not_supported", message });

/** Why RTSP cannot carry a codec (ffmpeg's name); undefined if it can. */
export const rtspFault = (codec: string): string | undefined =>
  RTSP_CODECS.includes(codec) ? undefined : `Cannot send ${codec} by RTSP: it is not carried here`;

/** The forms that the targets of an assignment ask for: a live protocol's own, or the rendition's. */
function formsOf(
  { rendition, targets }: Assignment,
  addresses: readonly MaybeLive[],
): ReadonlySet<LiveContainer | Rendition["container"]> {
  return new Set(targets.map((at) => addresses[at]?.live?.container ?? rendition.container));
}

/**
 * Refuses at create time what a live task cannot make for the targets of an assignment, whatever the source: a live target
 * gets what its protocol carries, whatever container the profile names.
 *
 * @param addresses - of all targets, in their order
 * @throws {TaskError} `output_not_supported`, naming which
 */
export function refuseImpossibleLive(
  assignment: Assignment,
  addresses: readonly MaybeLive[],
  capabilities: Capabilities,
): void {
  const found = faultOf(assignment, addresses, capabilities);
  if (found) throw new TaskError("output_not_supported", found.message);
}

function faultOf(
  assignment: Assignment,
  addresses: readonly MaybeLive[],
  capabilities: Capabilities,
): Impossibility | undefined {
  const { rendition, set } = assignment;
  const forms = formsOf(assignment, addresses);
  const isLiveSet = set !== undefined && forms.has(rendition.container);
  if (set && (isLiveSet ? forms.size > 1 : set.renditions.length > 1))
    return unsupported("Cannot send an adaptive set to a live target: it takes one rendition");
  if (isLiveSet && set.thumbnails)
    return unsupported("Cannot make thumbnails of a live stream: their track has an end");
  const renditions = isLiveSet ? set.renditions : [rendition];
  if (renditions.some(({ subtitles }) => subtitles))
    return unsupported("Cannot take subtitles over: that is not done with live streams");
  if (renditions.some(({ captions }) => captions?.isExtracted))
    return unsupported("Cannot make texts of captions: that is not done with live streams");
  if (renditions.some(burnsIn))
    return unsupported("Cannot draw subtitles into the picture of a live stream");
  if (rendition.metadata || rendition.isIndexLast)
    return unsupported("Cannot keep tags or chapters of a live stream, or its index at its end");
  if (rendition.protection)
    return unsupported("Cannot encrypt the segments of a live stream: its set leaves as it grows");
  if (renditions.some(({ sound }) => sound))
    return unsupported(
      "Cannot choose, mix or measure the sounds of a live stream: audio_tracks, audio_mix and loudness are for files",
    );
  if (renditions.some(isMarked))
    return unsupported("Cannot draw a watermark on a live stream: it is read with files alone");
  if (renditions.some(isTwoPass))
    return unsupported("Cannot encode in two passes: a live stream comes but once");
  if (renditions.some(isJudged))
    return unsupported("Cannot judge the quality of a live stream: it has left before it is whole");
  if (renditions.some(isUncapped))
    return unsupported(
      "Cannot send a quality without a ceiling to a live target: its line is no wider than it is, so give bitrate as well",
    );
  if (renditions.some(insistsOnRange))
    return unsupported(
      "Cannot keep the dynamic range of a live stream: what its pictures say of it is not read",
    );
  if (isLiveSet) return assignmentFault(assignment, capabilities);
  for (const form of forms) {
    if (form !== "rtsp" && (isImage(form) || isAnimated(form)))
      return unsupported(
        `Cannot make "${form}" of a live stream: it is made of a film with an end`,
      );
    const fault =
      form === "rtsp"
        ? rtspRenditionFault(rendition, capabilities)
        : impossibilityOf({ ...rendition, container: form }, capabilities);
    if (fault) return fault;
  }
  return undefined;
}

const isMarked = ({ video }: Rendition): boolean =>
  typeof video === "object" && video.watermark !== undefined;

const isTwoPass = ({ video }: Rendition): boolean =>
  typeof video === "object" && video.rateMode === "2passvbr";

const isUncapped = ({ video }: Rendition): boolean =>
  typeof video === "object" && video.bitrateBps === undefined;

const insistsOnRange = ({ video }: Rendition): boolean =>
  typeof video === "object" &&
  video.dynamicRange === "source" &&
  video.dynamicRangeFallback !== "map";

function rtspRenditionFault(
  rendition: Rendition,
  capabilities: Capabilities,
): Impossibility | undefined {
  for (const stream of [rendition.video, rendition.audio]) {
    const fault = typeof stream === "object" ? rtspFault(codecName(stream.codec)) : undefined;
    if (fault !== undefined) return unsupported(fault);
  }
  return impossibilityOf({ ...rendition, container: ANY_CONTAINER }, capabilities);
}

/** The container that decisions on copying are made for. `rtsp` has none of its own, so one that holds any codec stands for it. */
export const writtenFor = (container: LiveContainer): Written =>
  container === "rtsp" ? ANY_CONTAINER : container;
