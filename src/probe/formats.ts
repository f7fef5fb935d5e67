/**
 * The demuxers that may open a source, by ffmpeg's names, for `-format_whitelist`: formats that hold their media themselves.
 *
 * Playlists and manifests (`hls`, `dash`, `concat`, `imf` …) name other files or addresses and would read them with our rights.
 * Text formats and still pictures are not video. So none of these may be added here.
 */
export const SOURCE_FORMATS = [
  "mov",
  "matroska",
  "mpegts",
  "mpeg",
  "flv",
  "avi",
  "asf",
  "mxf",
  "gxf",
  "ogg",
  "ivf",
  "nut",
  "rm",
  "wtv",
  "dv",
  "gif",
  "h264",
  "hevc",
  "m4v",
  "mpegvideo",
  "mp3",
  "aac",
  "ac3",
  "eac3",
  "dts",
  "flac",
  "wav",
  "w64",
  "aiff",
  "caf",
  "au",
  "amr",
  "ape",
  "wv",
  "tta",
] as const;

/**
 * The name by which `-f` pins the demuxer that a probe chose, so that a run cannot choose another one.
 *
 * @param format - ffprobe's `format_name`: `mov,mp4,m4a,3gp,3g2,mj2` gives `mov`
 */
export const demuxerOf = (format: string): string => format.split(",")[0] ?? format;
