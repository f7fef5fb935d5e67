import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import * as v from "valibot";
import { CALLER_KEYS } from "../../config/key.ts";
import { CLIENT_NAME } from "../../service/signature.ts";
import { findService } from "../calls/credentials.ts";
import { understood } from "../calls/service-calls.ts";
import type { Clients } from "../clients/clients.ts";
import { type CallOptions, type Context, callsOf, newCall, newCommand } from "../context.ts";
import { json, table } from "../text.ts";
import { wholeNumber } from "./values.ts";

const WEIGHT_MAX = 1000;
const TASKS_MAX = 1_000_000_000;
const REQUESTS_MAX = 1_000_000;
const ANSWER_MS = 5_000;

const record = v.object({
  client_code: v.string(),
  public_key: v.string(),
  admin: v.boolean(),
  disabled: v.boolean(),
  weight: v.number(),
});
const keys = v.object({
  client_code: v.string(),
  public_key: v.string(),
  private_key: v.string(),
  // Of a new client: what its receiver of notifications checks messages with.
  webhook_secrets: v.optional(v.array(v.string())),
});

const codeOf = (text: string): string => {
  if (CLIENT_NAME.test(text)) return text;
  throw new InvalidArgumentError("Allowed are 1 to 128 visible ASCII characters.");
};

/** Adds `client` and what stands below it. */
export function addClientCommands(program: Command, context: Context): void {
  const about =
    "Adds and changes clients, as an operator: the caller's record has admin. Where the service of this folder does not run, its database is changed itself.";
  const group = newCommand(program, "client", about, [
    "client add ada > ada.json",
    "client list",
    "client rotate ada > ada.json",
    "client disable ada",
  ]);
  addAdd(group, context);
  newCall(group, "list", "Lists all clients.", ["client list", "client list --json"]).action(
    (options) =>
      withClients(context, options, async (clients) => {
        const all = await clients.list();
        context.io.out(options.json ? json({ clients: all }) : listText(all));
      }),
  );
  newCall(
    group,
    "rotate",
    "Gives a client new keys, and writes them. Those that it had stay valid, until they are rotated again.",
    ["client rotate ada > ada.json", "client rotate ada --drop-old > ada.json"],
  )
    .argument("<code>", "the client", codeOf)
    .option("--drop-old", "the keys that it had are valid no more")
    .action((code, options) =>
      withClients(context, options, async (clients) => {
        const answer = await clients.rotate(code, options.dropOld !== true);
        writeKeys(context, options.json ? answer : understood(keys, answer));
      }),
    );
  for (const [name, disabled] of [
    ["disable", true],
    ["enable", false],
  ] as const)
    newCall(
      group,
      name,
      disabled ? "Refuses the calls of a client." : "Takes the calls of a disabled client again.",
      [`client ${name} ada`],
    )
      .argument("<code>", "the client", codeOf)
      .action((code, options) =>
        withClients(context, options, async (clients) => {
          const answer = await clients.change(code, { disabled });
          context.io.out(options.json ? json(answer) : listText([answer]));
        }),
      );
}

function addAdd(group: Command, context: Context): void {
  newCall(
    group,
    "add",
    "Adds a client with new keys, and writes them, this once, as a file for --credentials.",
    [
      "client add ada > ada.json",
      "client add ops --admin > ops.json",
      "client add bob --root /srv/media/bob --weight 2",
    ],
  )
    .argument("<code>", "its name", codeOf)
    .option("--admin", "it may make the calls of operators")
    .option("--strong-only", "it has to sign by HMAC-SHA256")
    .option("--weight <number>", "its share of the slots", wholeNumber(1, WEIGHT_MAX))
    .option(
      "--pending-max <number>",
      "how many tasks may be pending; 0 is any number",
      wholeNumber(0, TASKS_MAX),
    )
    .option(
      "--running-max <number>",
      "how many may run; 0 is any number",
      wholeNumber(0, TASKS_MAX),
    )
    .option(
      "--requests-per-second <number>",
      "how many calls it may make; 0 is any number",
      wholeNumber(0, REQUESTS_MAX),
    )
    .option("--root <folders...>", "the only folders that it may use, below the media folders")
    .action((code, options) =>
      withClients(context, options, async (clients) => {
        const { admin, strongOnly, weight, pendingMax, runningMax, requestsPerSecond } = options;
        const answer = await clients.add({
          client_code: code,
          ...(admin && { admin }),
          ...(strongOnly && { strong_only: strongOnly }),
          ...(weight !== undefined && { weight }),
          ...(pendingMax !== undefined && { pending_max: pendingMax }),
          ...(runningMax !== undefined && { running_max: runningMax }),
          ...(requestsPerSecond !== undefined && { requests_per_second: requestsPerSecond }),
          ...(options.root && { roots: options.root }),
        });
        writeKeys(context, options.json ? answer : understood(keys, answer));
      }),
    );
}

function writeKeys({ io }: Context, answer: unknown): void {
  io.closeOut();
  io.out(json(answer));
}

function listText(answers: readonly unknown[]): string {
  const rows = answers.map((answer) => {
    const { client_code, public_key, admin, disabled, weight } = understood(record, answer);
    const flags = [...(admin ? ["admin"] : []), ...(disabled ? ["disabled"] : [])].join(" ");
    return [client_code, public_key, String(weight), flags];
  });
  return table(["client", "public key", "weight", ""], rows);
}

/** Acts on the clients of the service, or, where it does not run and is that of this folder, on those in its database. */
async function withClients(
  context: Context,
  options: CallOptions,
  act: (clients: Clients) => Promise<void>,
): Promise<void> {
  const clients = await open(context, options);
  try {
    await act(clients);
  } finally {
    await clients.close();
  }
}

async function open(context: Context, options: CallOptions): Promise<Clients> {
  const { env, io } = context;
  const url = findService(options.url, env);
  // A service elsewhere that does not answer is not this folder's.
  const isNamed = options.url !== undefined || Boolean(env[CALLER_KEYS.url]);
  if (isNamed || (await answers(url))) {
    const { clientsOfService } = await import("../clients/of-service.ts");
    return clientsOfService(callsOf(context, options));
  }
  io.err(`No service answers at ${url}: its database is opened itself\n`);
  const { clientsOfDatabase } = await import("../clients/of-database.ts");
  return clientsOfDatabase(env);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return true;
  } catch (error) {
    // One that is slow is there.
    return (error as Error).name === "TimeoutError";
  }
}
