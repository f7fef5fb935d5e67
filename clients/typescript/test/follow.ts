import { expectThat, good, pontus } from "./pontus.ts";

const failing = {
  sseMaxRetryAttempts: 1,
  onSseError: (error: unknown) => expectThat(false, String(error)),
};

/** Follows a task to its end, then hears of it among all. */
export async function follow(task_id: string): Promise<void> {
  // A stream that is left stays open until it is told to close.
  const closing = new AbortController();
  const options = { ...failing, signal: closing.signal };
  const { stream } = await pontus.readTranscodingTaskEvents({ path: { task_id }, ...options });
  const types: string[] = [];
  for await (const event of stream) {
    // Nothing is the 204 of a task whose end is known.
    expectThat(event?.task_id === task_id, event);
    types.push(event.type);
    if (event.type === "ended") break;
  }
  expectThat(types.at(-1) === "ended", types);
  // From the first event of all on.
  const headers = { "Last-Event-ID": "0" };
  const all = await pontus.readTranscodingEvents({ headers, ...options });
  for await (const event of all.stream) if (event?.task_id === task_id) break;
  closing.abort();
}

/** What the receiver of a task was told, and is told again. */
export async function replay(task_id: string): Promise<void> {
  const path = { task_id };
  const { notifications } = await good(pontus.listTranscodingTaskNotifications({ path }));
  const [first] = notifications;
  expectThat(first?.type === "ended", notifications);
  const { notification_id } = first;
  const call = pontus.replayTranscodingTaskNotification({ path: { task_id, notification_id } });
  expectThat((await good(call)).notification_id === notification_id, "replay");
}

/** Puts a file into a folder of the client, and reads it back. */
export async function upload(name: string): Promise<void> {
  const { writable } = await good(pontus.readMediaPlaces());
  const path = { path: `${writable[0]}uploads/${name}.bin` };
  // Longer than a call's body may be that is held in memory, and no text.
  const bytes = Uint8Array.from({ length: 2 ** 21 }, (_, at) => (at * 31) % 256);
  const put = await good(pontus.uploadMedia({ path, body: new Blob([bytes]) }));
  expectThat(put.complete && put.offset === bytes.length, put);
  const { response } = await pontus.headMedia({ path });
  expectThat(response?.headers.get("Upload-Complete") !== "?0", response?.status);
  const file = await good(pontus.readMedia({ path, parseAs: "blob" }));
  const read = new Uint8Array(await file.arrayBuffer());
  expectThat(read.length === bytes.length && read.every((byte, at) => byte === bytes[at]), path);
}
