/** Whether the channels of a sound are drawn as one, or below each other. */
export const WAVEFORM_CHANNELS = ["mixed", "separate"] as const;

/** How a sound is drawn: a size in pixels, colours as `#rrggbb`, and which channels. */
export type Waveform = {
  readonly width: number;
  readonly height: number;
  readonly color: string;
  readonly background: string;
  readonly channels: (typeof WAVEFORM_CHANNELS)[number];
};
