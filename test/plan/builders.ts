import { type Place, placesOf } from "../../src/plan/live/places.ts";
import type { Capabilities } from "../../src/plan/plan.ts";
import type { AudioStream, MediaInfo, VideoStream } from "../../src/probe/media.ts";
import type { AudioEncode, Rendition, VideoEncode } from "../../src/profile/profile.ts";

/** The video of `video_mp4_1280x720_1728kbps`. */
export const aVideo = (fields: Partial<VideoEncode> = {}): VideoEncode => ({
  codec: "h264",
  bitrateBps: 1_600_000,
  framerateMax: 30,
  width: 1280,
  height: 720,
  progressive: true,
  gop: { seconds: 2 },
  rateMode: "cbr",
  effort: "default",
  ...fields,
});

/** The video of a custom profile that gives nothing but a bitrate. */
export const aCustomVideo = (fields: Partial<VideoEncode> = {}): VideoEncode => ({
  codec: "h264",
  bitrateBps: 1_000_000,
  progressive: true,
  gop: { frames: 50 },
  bFrames: 0,
  rateMode: "cbr",
  effort: "default",
  ...fields,
});

/** The audio of `video_mp4_1280x720_1728kbps`. */
export const anAudio = (fields: Partial<AudioEncode> = {}): AudioEncode => ({
  codec: "aac",
  bitrateBps: 128_000,
  samplerateHz: 48_000,
  channels: 2,
  ...fields,
});

/** `video_mp4_1280x720_1728kbps`. */
export const aRendition = (fields: Partial<Rendition> = {}): Rendition => ({
  container: "mp4",
  video: aVideo(),
  audio: anAudio(),
  ...fields,
});

/** 1080p H.264 at 30 fps, 4 Mbit/s. */
export const aVideoStream = (fields: Partial<VideoStream> = {}): VideoStream => ({
  kind: "video",
  dispositions: [],
  index: 0,
  codec: "h264",
  profile: "High",
  pixelFormat: "yuv420p",
  width: 1920,
  height: 1080,
  sampleAspect: { num: 1, den: 1 },
  rotation: 0,
  framerate: { num: 30, den: 1 },
  isVariableRate: false,
  isInterlaced: false,
  bitrateBps: 4_000_000,
  durationSeconds: 60,
  startSeconds: 0,
  color: {},
  ...fields,
});

/** Stereo AAC-LC at 48 kHz, 192 kbit/s. */
export const anAudioStream = (fields: Partial<AudioStream> = {}): AudioStream => ({
  kind: "audio",
  dispositions: [],
  index: 1,
  codec: "aac",
  profile: "LC",
  channels: 2,
  samplerateHz: 48_000,
  bitrateBps: 192_000,
  durationSeconds: 60,
  startSeconds: 0,
  ...fields,
});

/** A minute of mp4 with both streams. */
export const aMedia = (fields: Partial<MediaInfo> = {}): MediaInfo => ({
  format: "mov,mp4,m4a,3gp,3g2,mj2",
  durationSeconds: 60,
  startSeconds: 0,
  streams: [fields.video ?? aVideoStream(), fields.audio ?? anAudioStream()],
  video: aVideoStream(),
  audio: anAudioStream(),
  ...fields,
});

/** `aMedia` whose video differs. */
export const aMediaWithVideo = (fields: Partial<VideoStream>): MediaInfo =>
  aMedia({ video: aVideoStream(fields) });

/** `aMedia` whose audio differs. */
export const aMediaWithAudio = (fields: Partial<AudioStream>): MediaInfo =>
  aMedia({ audio: anAudioStream(fields) });

/** Targets at some addresses. */
export const targetsAt = (...urls: string[]): readonly Place[] =>
  placesOf("in.mp4", urls, []).targets;

/** Debian's ffmpeg 5.1.9, as far as plans ask for it. */
export const aCapabilities = (fields: Partial<Capabilities> = {}): Capabilities => ({
  engine: "native",
  version: "5.1.9",
  encoders: [
    ..."libx264 libx265 libvpx-vp9 libsvtav1 mpeg2video mjpeg".split(" "),
    ..."aac libmp3lame ac3 mp2 libopus".split(" "),
    ..."webvtt mov_text subrip ass ffv1".split(" "),
  ],
  muxers: [
    "nut",
    ..."mp4 mov ipod matroska webm flv mpegts rtsp tee fifo hls dash image2 mp3 ogg webvtt".split(
      " ",
    ),
  ],
  filters: [
    ..."scale pad crop setsar fps format bwdif hqdn3d zscale tonemap sidedata aresample".split(" "),
    ..."overlay premultiply unpremultiply colorchannelmixer lutrgb".split(" "),
    ..."subtitles movie mpdecimate".split(" "),
  ],
  protocols: "file tcp udp rtmp rtmps srt".split(" "),
  options: [],
  deepEncoders: ["libx265", "libsvtav1"],
  threads: 2,
  ...fields,
});
