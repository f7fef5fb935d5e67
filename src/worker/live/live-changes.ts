import type { MediaInfo } from "../../probe/media.ts";

/** Reports are not listened to for so long after one that was wrong, and for twice as long after each further one. */
const FIRST_DEAF_MS = 60_000;

/** What makes another run needed: the streams that it maps, and what decodes or carries them. */
const streamsOf = ({ video, audio }: MediaInfo): string =>
  JSON.stringify([
    video && [video.index, video.codec, video.width, video.height],
    audio && [audio.index, audio.codec, audio.samplerateHz, audio.channels],
  ]);

/**
 * Decides whether it is believed that a source's streams have changed: a run is ended for it, and a source that is only
 * damaged, or has streams that no probe finds, must not be begun anew again and again.
 */
export class LiveChanges {
  #streams = "";
  #wasBelieved = false;
  #deafMs = FIRST_DEAF_MS;
  #deafUntilMs = 0;

  /** Takes what the next run is made for, which shows whether the last report was right. */
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

  /** Whether a report that they have changed is believed; the run is ended then. */
  believes(nowMs: number): boolean {
    this.#wasBelieved ||= nowMs >= this.#deafUntilMs;
    return this.#wasBelieved;
  }
}
