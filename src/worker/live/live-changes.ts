import type { MediaInfo } from "../../probe/media.ts";

/** After a wrong report, reports are ignored for this long; after each further wrong one for twice as long. */
const FIRST_DEAF_MS = 60_000;

/** The properties of the streams that a run is made for: if they change, another run is needed. */
const streamsOf = ({ video, audio }: MediaInfo): string =>
  JSON.stringify([
    video && [video.index, video.codec, video.width, video.height],
    audio && [audio.index, audio.codec, audio.samplerateHz, audio.channels],
  ]);

/**
 * Decides whether to believe a report that the streams of a source have changed. Each believed report restarts the encoder, which must
 * not happen again and again for a source that is only damaged, or has streams that no probe finds.
 */
export class LiveChanges {
  #streams = "";
  #wasBelieved = false;
  #deafMs = FIRST_DEAF_MS;
  #deafUntilMs = 0;

  /** To be called with the media that the next run is made for: it shows whether the last report was right. */
  probed(media: MediaInfo, nowMs: number): void {
    const streams = streamsOf(media);
    if (streams !== this.#streams) {
      this.#deafMs = FIRST_DEAF_MS;
      this.#deafUntilMs = 0;
    } else if (this.#wasBelieved) {
      this.#deafUntilMs = nowMs + this.#deafMs;
      this.#deafMs *= 2;
    }
    this.#streams = streams;
    this.#wasBelieved = false;
  }

  /** Whether to believe a report of a change, and to end the run for it. */
  believes(nowMs: number): boolean {
    this.#wasBelieved ||= nowMs >= this.#deafUntilMs;
    return this.#wasBelieved;
  }
}
