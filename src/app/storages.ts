import { allTrusted } from "../config/authorities.ts";
import type { Config } from "../config/config.ts";
import type { Reach } from "../lib/reach.ts";
import { type EgressPolicy, policyWithin } from "../net/egress-policy.ts";
import { transferLimits } from "../net/transfer-budget.ts";
import type { AddressJudge } from "../service/addresses.ts";
import { FileStorage } from "../storage/file/file.ts";
import { HttpStorage } from "../storage/http/http.ts";
import type { ListenPorts } from "../storage/live/listen-ports.ts";
import { isDiskless, type Storage } from "../storage/storage.ts";
import { walled, walledJudge } from "../storage/walled.ts";
import { reserveOf } from "./disk.ts";

/** Where nothing is said, an open network includes this machine's ports. */
export const listenPortsOf = ({ listenPorts, egress }: Config): ListenPorts =>
  listenPorts ?? (egress === "open" ? "any" : []);

/** What reads sources and writes targets here. @param umask - as `FileStorage` has it */
export async function openStorages(
  config: Config,
  policy: EgressPolicy,
  umask: number | undefined,
): Promise<readonly Storage[]> {
  const remote = await remoteStorages(config, policy);
  if (config.disk === "no") return remote.filter(isDiskless);
  const { mediaRoots: roots } = config;
  return [await FileStorage.open({ roots, closed: ownFiles(config), umask }), ...remote];
}

/** Storages behind a network; an object store where there are keys for one. */
export async function remoteStorages(
  config: Config,
  policy: EgressPolicy,
): Promise<readonly Storage[]> {
  const { httpTimeoutMs: idleTimeoutMs, moreTrusted, s3AccessKeyId, s3Region: region } = config;
  const limits = {
    idleTimeoutMs,
    trusted: await allTrusted(moreTrusted),
    transfer: transferLimits(config),
  };
  const http = new HttpStorage({ ...limits, policy });
  if (s3AccessKeyId === "") return [http];
  const { S3Storage } = await import("../storage/s3/s3.ts");
  const { s3Endpoint, s3Addressing, s3SecretAccessKey, s3SessionToken } = config;
  const access = {
    endpoint: s3Endpoint || `https://s3.${region}.amazonaws.com`,
    region,
    accessKeyId: s3AccessKeyId,
    secretAccessKey: s3SecretAccessKey,
    ...(s3SessionToken !== "" && { sessionToken: s3SessionToken }),
    isPathStyle: s3Addressing === "auto" ? s3Endpoint !== "" : s3Addressing === "path",
  };
  return [http, new S3Storage({ ...limits, access })];
}

/** What no caller may reach, wherever the media roots are: keys, tasks, scratch. */
const ownFiles = ({ dataFolder, databasePath }: Config): readonly string[] =>
  databasePath === ":memory:"
    ? [dataFolder]
    : [
        ...[dataFolder, databasePath, `${databasePath}-wal`, `${databasePath}-shm`],
        reserveOf(databasePath),
      ];

/** More clients than call within the same while; what is forgotten is made anew. */
const REACHES_MAX = 1024;

/** The storages of a client with this reach. */
export const storagesWithin = (storages: readonly Storage[]) =>
  remembered((reach) =>
    storages.map((storage) => {
      if (storage instanceof FileStorage) return storage.within(reach);
      return walled(storage instanceof HttpStorage ? storage.within(reach) : storage, reach);
    }),
  );

/** What judges the addresses of a client with this reach. @param storagesOf - gives its storages @param others - judge what no storage opens */
export const judgesWithin = (
  storagesOf: (reach: Reach) => readonly Storage[],
  others: readonly AddressJudge[],
) =>
  remembered((reach): readonly AddressJudge[] => [
    ...storagesOf(reach),
    ...others.map((judge) => walledJudge(judge, reach)),
  ]);

/** Which servers are connected to for a client with this reach. */
export function policiesWithin(policy: EgressPolicy): (reach: Reach | null) => EgressPolicy {
  const policyOf = remembered((reach) => policyWithin(policy, reach.egress));
  return (reach) => (reach ? policyOf(reach) : policy);
}

/** Remembers what was made for each reach: clients call many times. */
function remembered<T>(make: (reach: Reach) => T): (reach: Reach) => T {
  const known = new Map<string, T>();
  return (reach) => {
    const name = JSON.stringify(reach);
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = make(reach);
    if (known.size >= REACHES_MAX) known.clear();
    known.set(name, made);
    return made;
  };
}
