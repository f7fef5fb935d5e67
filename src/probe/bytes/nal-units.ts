/** Between units in streams, and in formats that do not say how long each is. */
export const START_CODE = Uint8Array.of(0, 0, 1);
/** Of a unit's length, in formats that say it. */
export const LENGTH_BYTES = 4;

const WITH_LENGTHS = ["mov", "matroska", "flv"];

/** Whether a format says how long each unit is; in others start codes stand between them. @param demuxer - ffmpeg's name of it */
export const hasLengths = (demuxer: string): boolean => WITH_LENGTHS.includes(demuxer);

/** What a unit of messages about pictures (SEI) begins with, by codec: H.264's, and HEVC's, those in front, of the lowest layer. */
export const SEI_HEADS: Readonly<Record<"h264" | "hevc", readonly number[]>> = {
  h264: [6],
  hevc: [0x4e, 1],
};
