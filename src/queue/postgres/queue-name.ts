/** What tells the queues of entries apart: each client has one for each kind of task and for all that it needs of a worker. */
export type QueueKey = {
  readonly clientCode: string;
  readonly isLive: boolean;
  readonly needs: string;
};

/** What pg-boss allows in a name, except `_`, which begins a byte in hexadecimal. */
const OTHER = /[^A-Za-z0-9.-]/gu;

const spelled = (text: string): string =>
  text.replaceAll(OTHER, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `_${byte.toString(16).padStart(2, "0")}`)
      .join(""),
  );

/** The name of a queue in pg-boss: `file/ada/aac_20libx264`. */
export const queueNameOf = ({ clientCode, isLive, needs }: QueueKey): string =>
  `${isLive ? "live" : "file"}/${spelled(clientCode)}/${spelled(needs)}`;
