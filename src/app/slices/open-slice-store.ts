import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Config } from "../../config/config.ts";
import { KEYS } from "../../config/keys.ts";
import { using } from "../../config/using.ts";
import { schemeOf } from "../../storage/storage.ts";
import { SliceStore } from "../../worker/parts/slice-store.ts";

/** Opens the store of slices that the config names. @throws {ConfigError} if a folder cannot be made */
export async function openSliceStore(config: Config): Promise<SliceStore> {
  const { sliceStore: base } = config;
  const urlOf = (name: string) => `${base}/${name}`;
  if (schemeOf(base) === "file") {
    const { FileStorage } = await import("../../storage/file/file.ts");
    const folder = fileURLToPath(base);
    const storage = await using("sliceStore", folder, () => FileStorage.open({ roots: [folder] }));
    const remove = (url: string) => rm(fileURLToPath(url), { force: true });
    return new SliceStore({ urlOf, storage, remove });
  }
  const { remoteStorages } = await import("../storages.ts");
  const { OPEN_EGRESS } = await import("../../net/egress-policy.ts");
  // The operator chose the server: it may be on this machine.
  const storages = await remoteStorages(
    { ...config, sourceBytesMax: Number.MAX_SAFE_INTEGER },
    OPEN_EGRESS,
  );
  const storage = storages.find(({ schemes }) => schemes.includes(schemeOf(base)));
  if (!storage)
    throw new Error(`Cannot use ${KEYS.sliceStore.env}: nothing here speaks ${schemeOf(base)}`);
  const remove = async (url: string, signal: AbortSignal) => storage.remove?.(url, signal);
  return new SliceStore({ urlOf, storage, remove });
}
