/** What separates units in formats that do not state the length of each. */
export const START_CODE = Uint8Array.of(0, 0, 1);
/** The size of a unit's length, in formats that state it. */
export const LENGTH_BYTES = 4;

const WITH_LENGTHS = ["mov", "matroska", "flv"];

/** Whether a format states the length of each unit; others separate them by start codes. @param demuxer - ffmpeg's name of it */
export const hasLengths = (demuxer: string): boolean => WITH_LENGTHS.includes(demuxer);

/** The first bytes of a unit of SEI messages, by codec; of HEVC, of the prefix SEI of the lowest layer. */
export const SEI_HEADS: Readonly<Record<"h264" | "hevc", readonly number[]>> = {
  h264: [6],
  hevc: [0x4e, 1],
};
