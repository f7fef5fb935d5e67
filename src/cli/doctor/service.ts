import { type Stats, statSync } from "node:fs";
import { createServer } from "node:net";
import * as v from "valibot";
import type { Config, Environment } from "../../config/config.ts";
import { KEYS } from "../../config/keys.ts";
import { errnoOf } from "../../lib/errno-of.ts";
import { permissionNeeded } from "../../lib/permission.ts";
import { type Credentials, findCredentials } from "../calls/credentials.ts";
import { ServiceCalls } from "../calls/service-calls.ts";
import type { CallOptions } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const ANSWER_MS = 5_000;
const MS_IN_S = 1_000;
const OTHERS = 0o077;
const SET_CLOCK = "set the clock of the machine that is wrong, by NTP (timedatectl set-ntp true)";

const readyz = v.object({
  checks: v.record(v.string(), v.object({ ok: v.boolean(), detail: v.string() })),
});

/** How a service answers that runs already. */
export type Running = {
  readonly url: string;
  /** How far its clock is ahead of this one; undefined if it does not say. */
  readonly aheadMs: number | undefined;
  readonly findings: readonly Finding[];
};

/** Asks whether a service answers. @returns undefined if nothing that is a Pontus does */
export async function askService(url: string): Promise<Running | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const read = v.safeParse(readyz, await response.json());
    if (!read.success) return undefined;
    const told = Date.parse(response.headers.get("Date") ?? "");
    const check = "service";
    const bad = Object.entries(read.output.checks).filter(([, { ok: isOk }]) => !isOk);
    const findings = bad.map(([name, { detail }]) =>
      problem(check, `${url} is not ready: ${name}: ${detail}`, "docs/alarms.md says what to do"),
    );
    return {
      url,
      aheadMs: Number.isNaN(told) ? undefined : told - Date.now(),
      findings: findings.length > 0 ? findings : [ok(check, `${url} answers, and is ready`)],
    };
  } catch {
    return undefined;
  }
}

/** Whether the service can listen where it is to; another program there is named as such. */
export async function portFinding(
  { host, port }: Config,
  running: Running | undefined,
): Promise<Finding> {
  const check = "port";
  const at = `${host}:${port}`;
  const another = `stop it, or set ${KEYS.port.env} to another one`;
  if (port === 0) return ok(check, "any free one is taken");
  const error = await listenError(host, port);
  if (error === undefined) return ok(check, `${at} is free`);
  switch (errnoOf(error)) {
    case "EADDRINUSE":
      return running
        ? ok(check, `a Pontus listens at ${at}`)
        : problem(check, `Another program listens at ${at}, and it is no Pontus`, another);
    case "EACCES":
      return problem(
        check,
        `This user may not listen at ${at}`,
        `ports below 1024 are the system's: set ${KEYS.port.env} to a higher one`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return problem(
        check,
        `${JSON.stringify(host)} is no address of this machine`,
        `set ${KEYS.host.env} to 127.0.0.1, or to 0.0.0.0 for every interface`,
      );
    default:
      return problem(
        check,
        `Cannot listen at ${at}: ${permissionNeeded(error) ?? error.message}`,
        another,
      );
  }
}

/** What listening at a port meets. */
function listenError(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    try {
      const server = createServer();
      server.once("error", resolve);
      server.listen(port, host, () => server.close(() => resolve(undefined)));
    } catch (error) {
      resolve(error as Error);
    }
  });
}

/** Whether the clock can be right: against a service's, and against the files that a service has written. */
export function clockFinding(
  { clockSkewMs, databasePath }: Config,
  running: Running | undefined,
  nowMs: number,
): Finding {
  const check = "clock";
  const now = new Date(nowMs).toISOString();
  const inSeconds = (ms: number) => `${Math.round(Math.abs(ms) / MS_IN_S)} s`;
  const ahead = running?.aheadMs ?? 0;
  const allowed = `${inSeconds(clockSkewMs)} are allowed (${KEYS.clockSkewMs.env})`;
  if (Math.abs(ahead) > clockSkewMs)
    return problem(
      check,
      `The clock of ${running?.url} is ${inSeconds(ahead)} ${ahead > 0 ? "ahead of" : "behind"} this one, which says ${now}; ${allowed}`,
      SET_CLOCK,
    );
  const written = statIfAny(databasePath)?.mtimeMs ?? 0;
  if (written - nowMs > clockSkewMs)
    return problem(
      check,
      `The database was written ${inSeconds(written - nowMs)} after now, which is ${now}: the clock is behind, or was ahead then`,
      SET_CLOCK,
    );
  return ok(check, running?.aheadMs === undefined ? now : `${now}, as that of the service`);
}

/** Whether the keys are there, kept to their owner, and those of a client of the service that runs. */
export async function credentialFindings(
  config: Config,
  env: Environment,
  options: CallOptions,
  running: Running | undefined,
): Promise<readonly Finding[]> {
  const check = "credentials";
  if (config.disk === "no" && config.clients.length === 0 && !running)
    return [
      problem(
        check,
        "No client is configured, and the keys of a new one cannot be written to a file here",
        `name a client in ${KEYS.clients.env}`,
      ),
    ];
  let credentials: Credentials;
  try {
    credentials = findCredentials(options.credentials, env);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const isMade = !options.credentials && !running && config.clients.length === 0;
    if (isMade && error.message.includes("no such file"))
      return [ok(check, "they are made at the first start, in the data folder")];
    return [
      problem(
        check,
        error.message,
        running
          ? "name the file of a client's keys by --credentials or PONTUS_CREDENTIALS"
          : "put the file back; or remove it, and one with new keys is made at the next start",
      ),
    ];
  }
  const { client_code: code } = credentials;
  const open = openToOthers(config);
  if (!running) return [...open, ok(check, `those of client ${code}`)];
  try {
    await new ServiceCalls(running.url, credentials).call("/task/transcoding?limit=1");
    return [...open, ok(check, `the service takes those of client ${code}`)];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const isUnknown =
      error.exitCode === EXIT.refused && error.answer?.code === "AuthenticationFailed";
    const detail = isUnknown
      ? `The service does not know the keys of client ${code}, or the client is disabled`
      : (error.message.split("\n")[0] ?? "");
    return [
      ...open,
      problem(
        check,
        detail,
        "name the keys of one of its clients by --credentials, or add one: pontus client add",
      ),
    ];
  }
}

/** Keys that other users of the machine may read. */
function openToOthers({ dataFolder }: Config): readonly Finding[] {
  return ["credentials.json", "secret.key"].flatMap((name) => {
    const path = `${dataFolder}/${name}`;
    const found = statIfAny(path);
    if (!found || (found.mode & OTHERS) === 0) return [];
    return [
      warning("credentials", `Other users may read ${JSON.stringify(path)}`, `chmod 600 ${path}`),
    ];
  });
}

/** What the system says of a file; undefined where it may not be asked, or there is none. */
function statIfAny(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
