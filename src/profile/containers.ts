import type { StillCodec } from "./codecs.ts";
import type { ContainerFacts } from "./container-facts.ts";

const MPEG_AUDIO = ["aac", "mp3", "mp2", "ac3"];

const ISO_FILE = {
  structure: "boxes",
  says: ["tags", "chapters"],
  // Players can begin before they have the whole file.
  wholeArgs: ["-movflags", "+faststart"],
  // An index for each segment, for a file that cannot be gone back in. A segment is in memory until it ends: at a key frame, or
  // where these come rarely, or never as in sound alone, after so many bytes and microseconds.
  streamedArgs: [
    // Delayed until the first segment is known: only then can it say what of the beginning is not to be played.
    ...["-movflags", "+frag_keyframe+empty_moov+delay_moov+default_base_moof+skip_trailer"],
    // No more than the index of which fits ffmpeg's buffer of 32 KiB: it goes back in that to write its length.
    ...["-frag_size", "8388608", "-frag_duration", "5000000"],
  ],
} as const;

/** A container of one picture. */
const still = (label: string, extension: string, codec: StillCodec): ContainerFacts => ({
  ...{ label, muxer: "image2", extension, mediaType: `image/${extension}` },
  ...{ video: [codec], audio: [], videoDefault: codec, isImage: true },
});

/**
 * The one table of containers, in the order in which the API lists them: the first five are the Profile API's own.
 *
 * To add a container, add its entry here, and tests of what is made of it: its name becomes a value of `container` in profiles
 * and of `{container}` in profile names, and everything else (plans, names of targets, media types, verification, delivery) asks this
 * table. Then `bun run openapi`. `test/house/containers.test.ts` refuses comparisons with a container's name elsewhere; only sentences
 * for callers still name some of them ("which mp4 and mov alone keep").
 *
 * What each holds was found by writing and probing it; left out is what no player expects (vorbis in mp4, vp9 in mpegts).
 */
const TABLE = {
  flv: {
    label: "FLV",
    says: ["tags"],
    muxer: "flv",
    demuxer: "flv",
    holdsOneSound: true,
    restatesAudio: true,
    extension: "flv",
    mediaType: "video/x-flv",
    video: ["h264", "flv1"],
    audio: ["aac", "mp3"],
    // FLV's own flags know no 48 kHz, the sound itself says it.
    mp3SampleratesHz: [11025, 22050, 44100, 48000],
    structure: "tags",
    streamedArgs: ["-flvflags", "+no_duration_filesize"],
  },
  mp4: {
    ...ISO_FILE,
    label: "MP4",
    muxer: "mp4",
    demuxer: "mov",
    extension: "mp4",
    otherExtensions: ["m4v", "m4s"],
    mediaType: "video/mp4",
    video: ["h264", "hevc", "av1", "vp9", "mpeg2video", "mpeg4"],
    audio: [...MPEG_AUDIO, "eac3", "opus", "alac", "flac"],
    subtitles: "mov_text",
    languages: "terms",
    // Lower ones its muxer calls "not standard" and refuses. MOV's takes all.
    mp3SampleratesHz: [16000, 22050, 24000, 32000, 44100, 48000],
    keeps: ["turn", "crop", "edits"],
    // 9.0 hides the last picture if it lasts no time.
    usesDurations: true,
    isLayerless: true,
  },
  m3u8: {
    label: "HLS",
    muxer: "hls",
    extension: "m3u8",
    mediaType: "application/vnd.apple.mpegurl",
    video: ["h264", "hevc", "av1"],
    audio: ["aac", "mp3", "ac3", "eac3"],
    subtitles: "webvtt",
    usesDurations: true,
    isTimedByVideo: true,
    set: { told: ["hls"], segments: "mpegts", inMp4: ["hevc", "av1"], folderSuffix: "" },
  },
  mpegts: {
    label: "MPEG-TS",
    muxer: "mpegts",
    demuxer: "mpegts",
    restatesAudio: true,
    extension: "ts",
    otherExtensions: ["m2ts", "mts"],
    mediaType: "video/mp2t",
    video: ["h264", "hevc", "mpeg2video", "mpeg1video"],
    audio: [...MPEG_AUDIO, "eac3", "dts"],
    structure: "packets",
    isBroadcast: true,
  },
  copy: { label: "the source's container" },
  webm: {
    label: "WebM",
    says: ["tags", "chapters"],
    muxer: "webm",
    demuxer: "matroska",
    extension: "webm",
    mediaType: "video/webm",
    video: ["vp9", "av1", "vp8"],
    audio: ["opus", "vorbis"],
    subtitles: "webvtt",
    videoDefault: "vp9",
    audioDefault: "opus",
    structure: "elements",
  },
  mkv: {
    label: "Matroska",
    says: ["tags", "chapters"],
    muxer: "matroska",
    demuxer: "matroska",
    extension: "mkv",
    otherExtensions: ["mka"],
    mediaType: "video/x-matroska",
    video: "h264 hevc av1 vp9 vp8 mpeg2video mpeg1video mpeg4 prores mjpeg ffv1 theora".split(" "),
    audio: [
      ...MPEG_AUDIO,
      ..."eac3 opus vorbis flac alac dts truehd pcm_s16le pcm_s24le pcm_f32le".split(" "),
    ],
    subtitles: "subrip",
    structure: "elements",
    keeps: ["crop"],
  },
  mov: {
    ...ISO_FILE,
    label: "MOV",
    muxer: "mov",
    demuxer: "mov",
    extension: "mov",
    mediaType: "video/quicktime",
    video: ["h264", "hevc", "mpeg2video", "mpeg4", "prores", "mjpeg", "dnxhd"],
    audio: [...MPEG_AUDIO, "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"],
    subtitles: "mov_text",
    languages: "libraries",
    keeps: ["turn", "crop", "edits"],
    usesDurations: true,
    isLayerless: true,
  },
  dash: {
    label: "DASH",
    muxer: "dash",
    extension: "mpd",
    mediaType: "application/dash+xml",
    video: ["h264", "hevc", "av1", "vp9"],
    audio: ["aac", "mp3", "ac3", "eac3", "opus"],
    subtitles: "webvtt",
    set: { told: ["dash"], segments: "mp4", folderSuffix: ".dash", isApart: true },
  },
  cmaf: {
    label: "CMAF",
    muxer: "dash",
    extension: "m3u8",
    mediaType: "application/vnd.apple.mpegurl",
    video: ["h264", "hevc", "av1"],
    audio: ["aac", "ac3", "eac3"],
    subtitles: "webvtt",
    set: { told: ["hls", "dash"], segments: "mp4", folderSuffix: "", isApart: true },
  },
  mp3: {
    label: "MP3",
    says: ["tags", "chapters"],
    muxer: "mp3",
    demuxer: "mp3",
    extension: "mp3",
    mediaType: "audio/mpeg",
    video: [],
    audio: ["mp3"],
    audioDefault: "mp3",
    structure: "frames",
  },
  m4a: {
    ...ISO_FILE,
    label: "M4A",
    muxer: "ipod",
    demuxer: "mov",
    extension: "m4a",
    otherExtensions: ["m4b"],
    mediaType: "audio/mp4",
    video: [],
    audio: ["aac", "alac"],
  },
  ogg: {
    label: "Ogg",
    says: ["tags", "chapters"],
    muxer: "ogg",
    demuxer: "ogg",
    extension: "ogg",
    otherExtensions: ["oga", "ogv", "opus"],
    mediaType: "audio/ogg",
    video: [],
    audio: ["opus", "vorbis", "flac"],
    audioDefault: "opus",
    structure: "pages",
  },
  gif: {
    label: "GIF",
    muxer: "gif",
    extension: "gif",
    mediaType: "image/gif",
    video: ["gif"],
    audio: [],
    videoDefault: "gif",
    isAnimated: true,
    isPaletted: true,
  },
  jpg: { ...still("JPEG", "jpg", "mjpeg"), otherExtensions: ["jpeg"], mediaType: "image/jpeg" },
  webp: still("WebP", "webp", "webp"),
  awebp: {
    label: "animated WebP",
    muxer: "webp",
    extension: "webp",
    mediaType: "image/webp",
    video: ["webp"],
    audio: [],
    videoDefault: "awebp",
    isAnimated: true,
    isSeeked: true,
  },
  avif: { ...still("AVIF", "avif", "avif"), muxer: "avif", video: ["av1"], isSeeked: true },
  png: still("PNG", "png", "png"),
} satisfies Readonly<Record<string, ContainerFacts>>;

/** The file formats a rendition can ask for. `copy` is the source's own; `hls` in a profile name is `m3u8` here. */
export type Container = keyof typeof TABLE;

/** A container that is written, so never `copy`. */
export type Written = Exclude<Container, "copy">;

/** All values of `container`. */
export const CONTAINERS = Object.keys(TABLE) as readonly Container[];

/** What is known of a container. */
export const factsOf = (container: Container): ContainerFacts => TABLE[container];

/** Whether it stands for the source's own container, whichever that is. */
export const isOfSource = (container: Container): container is "copy" => container === "copy";
