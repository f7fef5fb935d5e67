import { getLogger } from "@logtape/logtape";
import pg from "pg";

const log = getLogger(["pontus", "database"]);

/** The pause before it connects again. */
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 5_000;
/** How often it asks the server for a sign of life, and how long it waits for that. */
const LOOK_MS = 10_000;
const LOOK_MS_MAX = 5_000;

/** Hears the notices of a server on a connection of its own, which it opens with its first listener, and again whenever it breaks. */
export class Listener {
  readonly #config: pg.ClientConfig;
  readonly #heard = new Map<string, Set<(payload: string) => void>>();
  #client: pg.Client | undefined;
  #next: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #tries = 0;
  #asked: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(config: pg.ClientConfig) {
    this.#config = {
      ...config,
      connectionTimeoutMillis: 5_000,
      query_timeout: LOOK_MS_MAX,
      keepAlive: true,
    };
  }

  /** @returns what ends this */
  listen(channel: string, onNotice: (payload: string) => void): () => void {
    const heard = this.#heard.get(channel) ?? new Set();
    const isNew = !this.#heard.has(channel);
    this.#heard.set(channel, heard.add(onNotice));
    if (!this.#client && !this.#next) this.#plan(0);
    else if (isNew && this.#client) {
      const client = this.#client;
      this.#subscribe(client, [channel]).catch(() => this.#lost(client));
    }
    return () => this.#unlisten(channel, onNotice);
  }

  /** Each notice costs the server time for whoever listens: for none that nobody hears. */
  #unlisten(channel: string, onNotice: (payload: string) => void): void {
    const heard = this.#heard.get(channel);
    heard?.delete(onNotice);
    if (heard?.size !== 0) return;
    this.#heard.delete(channel);
    const client = this.#client;
    if (client)
      this.#ask(client, `unlisten ${pg.escapeIdentifier(channel)}`).catch(() => this.#lost(client));
  }

  /** One statement after the other, in the order of calls: a client takes none while another is under way. */
  #ask(client: pg.Client, text: string): Promise<unknown> {
    const asked = this.#asked.then(() => client.query(text));
    this.#asked = asked.catch(() => {});
    return asked;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#next);
    clearInterval(this.#look);
    await this.#client?.end().catch(() => {});
  }

  #plan(waitMs: number): void {
    if (this.#isClosed) return;
    this.#next = setTimeout(() => {
      this.#next = undefined;
      void this.#connect();
    }, waitMs);
    this.#next.unref();
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(this.#config);
    this.#client = client;
    this.#asked = Promise.resolve();
    const onEnd = (): void => this.#lost(client);
    client.on("error", onEnd);
    client.on("end", onEnd);
    client.on("notification", ({ channel, payload = "" }) => this.#tell(channel, payload));
    try {
      await client.connect();
      await this.#subscribe(client, [...this.#heard.keys()]);
    } catch (error) {
      log.debug("Cannot listen to the database now: {error}", { error });
      this.#lost(client);
      return;
    }
    this.#tries = 0;
    // Lost or closed meanwhile: nobody would end the looks.
    if (this.#isClosed || this.#client !== client) return;
    // A server that is cut off says nothing, and a connection that only listens would never notice.
    this.#look = setInterval(() => {
      this.#ask(client, "select 1").catch(() => this.#lost(client));
    }, LOOK_MS);
    this.#look.unref();
  }

  /** Whatever was told before the server knew of it is told now. */
  async #subscribe(client: pg.Client, channels: readonly string[]): Promise<void> {
    for (const channel of channels)
      await this.#ask(client, `listen ${pg.escapeIdentifier(channel)}`);
    for (const channel of channels) this.#tell(channel, "");
  }

  #tell(channel: string, payload: string): void {
    for (const onNotice of this.#heard.get(channel) ?? []) onNotice(payload);
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    clearInterval(this.#look);
    client.removeAllListeners("end");
    client.end().catch(() => {});
    this.#tries += 1;
    this.#plan(Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** this.#tries) * (0.5 + Math.random() / 2));
  }
}
