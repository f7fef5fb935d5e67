import type { AudioCodec, VideoCodec } from "./codecs.ts";

/** The structure of a file: how to find out whether its end is missing, and how to read its end alone. */
export type Structure = "boxes" | "elements" | "tags" | "packets" | "pages" | "frames";

/** Everything that is known of a container, whatever goes into it. Codecs, muxers and demuxers by ffmpeg's names. */
export type ContainerFacts = {
  /** Its name in descriptions of profiles. */
  readonly label: string;
  /** Absent of `copy` alone. */
  readonly muxer?: string;
  /** What reads it. A `copy` of such a source is written as the first container of the demuxer that holds its streams. */
  readonly demuxer?: string;
  /** Of the file, or of a set's playlist or manifest; without the dot. */
  readonly extension?: string;
  /** Further extensions by which people expect this container. */
  readonly otherExtensions?: readonly string[];
  /** @see https://www.iana.org/assignments/media-types and RFC 8216 for HLS */
  readonly mediaType?: string;
  /** The video codecs that it holds: none if it is for sound alone. */
  readonly video?: readonly string[];
  /** The audio codecs that it holds: none if it is silent. */
  readonly audio?: readonly string[];
  /** What subtitles are in it; absent if it holds none. */
  readonly subtitles?: SubtitleCodec;
  /** The codes by which it knows languages, if it takes no others: those of ISO 639-2/T, or those of libraries. */
  readonly languages?: "terms" | "libraries";
  /** The codec if a profile names none and the container does not hold the Profile API's h264. */
  readonly videoDefault?: VideoCodec;
  /** The codec if a profile names none and the container does not hold the Profile API's aac. */
  readonly audioDefault?: AudioCodec;
  /** The sample rates that its muxer takes with MP3, in Hz; absent if it takes all. */
  readonly mp3SampleratesHz?: readonly number[];
  /** Absent if its end is not looked at. */
  readonly structure?: Structure;
  /** Options of its muxer for a file that is delivered when it is finished. */
  readonly wholeArgs?: readonly string[];
  /** Options that keep its muxer from going back in a file that leaves while it is written. */
  readonly streamedArgs?: readonly string[];
  /** What it keeps of a copied picture: the turn that makes it upright, the crop, the edit list that hides its beginning. */
  readonly keeps?: readonly ("turn" | "crop" | "edits")[];
  /**
   * Wrong durations of packets show in it: in its last picture, or in segments. Sets in fragments write them too, but those of their
   * segments are taken from where the next one begins.
   */
  readonly usesDurations?: true;
  /** What it says of itself: title, artist and the like; chapters. */
  readonly says?: readonly ("tags" | "chapters")[];
  /** Its duration is that of its video alone, if it has some. */
  readonly isTimedByVideo?: true;
  /** A player may begin anywhere in it: parameter sets stand in front of each key frame rather than in a header. */
  readonly isBroadcast?: true;
  /** It states the rate and the channels of its audio anew wherever they change: a copy of its own kind loses no change. */
  readonly restatesAudio?: true;
  /** It does not tell MPEG audio of layer 2 from that of layer 3: ffprobe calls either `mp3`. */
  readonly isLayerless?: true;
  /** It holds one sound, beside its video. Those for sound alone hold one anyway. */
  readonly holdsOneSound?: true;
  /** It holds one picture, which is encoded and lasts no time. */
  readonly isImage?: true;
  /** It holds a short film of pictures alone, for pages. */
  readonly isAnimated?: true;
  /** They are drawn from a palette that is made for it by a run of its own. */
  readonly isPaletted?: true;
  /** Its muxer goes back in its file, so it cannot leave while it is written. */
  readonly isSeeked?: true;
  /** Present if it is a set of files: a playlist or manifest, and the segments that it names. */
  readonly set?: SetFacts;
};

/** What subtitles are in files, in ffmpeg's words: the codec, which is also the name of its encoder. */
export type SubtitleCodec = "webvtt" | "mov_text" | "subrip";

/** What is known of a container that is a set of files. */
export type SetFacts = {
  /** What tells players of it; its entry is the first. */
  readonly told: readonly ("hls" | "dash")[];
  /** What its segments are. */
  readonly segments: "mpegts" | "mp4";
  /** The video codecs that have the segments be fragments of an mp4 all the same. */
  readonly inMp4?: readonly string[];
  /** The folder of its segments bears the target's name without the extension, and this. */
  readonly folderSuffix: "" | ".dash";
  /** Even one rendition has its streams apart, each in segments of its own. */
  readonly isApart?: true;
};
