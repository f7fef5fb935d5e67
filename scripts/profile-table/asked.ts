import type { Qlty } from "../../src/profile/qlty.ts";

/** What a group asks for by a field, beside its container and a codec, which are tried in turn. */
export type Asked = Omit<Partial<Qlty>, "container">;

/** Values that go to fewer places than others of their field. */
export const NARROW: Readonly<Record<string, Asked | readonly Asked[]>> = {
  "rc_mode: 2passvbr": { rc_mode: "2passvbr" },
  "channels: 6": { channels: 6 },
  "closed_captions: extract": { closed_captions: "extract" },
  "encryption: cbcs": [
    { encryption: { method: "cbcs", key_url: "https://keys.example/{task_id}" } },
    { encryption: { method: "cbcs" } },
  ],
  "encryption: cenc": [
    { encryption: { method: "cenc", key_url: "https://keys.example/{task_id}" } },
    { encryption: { method: "cenc" } },
  ],
  "quality_target: vmaf": {
    ...{ rc_mode: "quality", quality: 70 },
    quality_target: { metric: "vmaf", min: 90 },
  },
};

/**
 * For each field of a group, values that tell where it goes: those that need something of a codec, a container or an engine, and none
 * that goes anywhere. A new field does not compile without its own.
 */
export const ASKED = {
  bitrate: { bitrate: 600_000 },
  framerate: { framerate: "25" },
  width: { width: 160 },
  height: { height: 90 },
  use_progressive: { use_progressive: false },
  gop_size: { gop_size: 25 },
  b_frame_size: { b_frame_size: 2 },
  low_latency: { low_latency: true },
  rc_mode: { rc_mode: "vbr" },
  preset: { preset: "highQuality" },
  audio_bitrate: { audio_bitrate: 96_000 },
  audio_samplerate: { audio_samplerate: 48_000 },
  channels: { channels: 1 },
  audio_tracks: { audio_tracks: "all" },
  audio_mix: { audio_mix: "stereo" },
  loudness: { loudness: -16 },
  crop: { crop: { width: 160, height: 90 } },
  pad: { pad: "#000000", width: 160, height: 90 },
  deinterlace: { deinterlace: "bob" },
  denoise: { denoise: "light" },
  loop: { loop: 1 },
  waveform: {
    waveform: {
      ...{ width: 640, height: 120, color: "#3366cc", background: "#ffffff" },
      channels: "mixed",
    },
  },
  contact_sheet: { contact_sheet: { columns: 4, rows: 4, width: 320 } },
  watermark: {
    watermark: {
      ...{ image_url: "file:/media/in/logo.png", place: "top_right" },
      ...{ width: 0.15, margin: 0.02, opacity: 1 },
    },
  },
  quality: { rc_mode: "quality", quality: 70 },
  measure_quality: { measure_quality: true },
  quality_target: { rc_mode: "quality", quality: 70, quality_target: { metric: "ssim", min: 0.9 } },
  skip_if_larger: { skip_if_larger: true },
  encoder_options: [
    { encoder_options: { preset: "fast" } },
    { encoder_options: { preset: "8" } },
    { encoder_options: { "cpu-used": "4" } },
    { encoder_options: { trellis: "1" } },
  ],
  subtitle_tracks: { subtitle_tracks: "all" },
  closed_captions: { closed_captions: "keep" },
  caption_languages: { closed_captions: "keep", caption_languages: { CC1: "en" } },
  burn_in: { burn_in: "en" },
  encryption: {
    encryption: { method: "aes-128", key_url: "https://keys.example/{task_id}/{key}" },
  },
  keep_tags: { keep_tags: true },
  keep_location: { keep_location: true },
  keep_chapters: { keep_chapters: true },
  faststart: { faststart: false },
  dynamic_range: { dynamic_range: "source" },
  dynamic_range_fallback: { dynamic_range: "source", dynamic_range_fallback: "map" },
} as const satisfies Readonly<
  Record<Exclude<keyof Qlty, "container" | "format" | "audio_format">, Asked | readonly Asked[]>
>;
