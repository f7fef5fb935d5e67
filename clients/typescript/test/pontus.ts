import { connect } from "../src/pontus.ts";

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

const url = process.env["PONTUS_URL"] ?? "";
const api = connect({ url, credentials: JSON.parse(process.env["PONTUS_CREDENTIALS"] ?? "{}") });

/** The address that takes notifications. */
export const receiver = `${url}hook`;

/** The names of the calls that were made. */
export const called = new Set<string>();

/** The service, whose calls are noted. */
export const pontus = new Proxy(api, {
  get: (target, name) => {
    called.add(String(name));
    const method: unknown = Reflect.get(target, name);
    return typeof method === "function" ? method.bind(target) : method;
  },
});

/** The same service for somebody whom it does not know. */
export const stranger = connect({
  url,
  credentials: { client_code: "nobody", public_key: "none", private_key: "wrong" },
  form: "sha1",
  language: "zh-CN",
});

/** Fails where something does not hold. */
export function expectThat(holds: boolean, what: unknown): asserts holds {
  if (!holds) throw new Error(`Not as expected: ${JSON.stringify(what)?.slice(0, 1000)}`);
}

/** The data of an answer that is no error. */
export async function good<Data>(
  answer: Promise<{ data?: Data | undefined; error?: unknown }>,
): Promise<Data> {
  const { data, error } = await answer;
  expectThat(data !== undefined && error === undefined, error);
  return data;
}

/** Asks again and again until an answer is as wanted. */
export async function until<Data>(ask: () => Promise<Data>, isWanted: (data: Data) => boolean) {
  for (;;) {
    const data = await ask();
    if (isWanted(data)) return data;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The task once it has come to an end. */
export const ended = (task_id: string) =>
  until(
    () => good(pontus.readTranscodingTask({ path: { task_id } })),
    ({ task_status }) => ["SUCCESS", "FAILED", "CANCELLED"].includes(task_status),
  );
