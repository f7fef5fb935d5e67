import { KEYS } from "../../config/keys.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** Whether the private keys of clients can be decrypted. @param lack - why they cannot; undefined if they can */
export const secretKeyFinding = (lack: string | undefined): Finding =>
  lack === undefined
    ? ok("secret key", "it decrypts the private keys of clients")
    : problem(
        "secret key",
        lack,
        `put the key back: ${KEYS.secretKey.env}, or secret.key in the data folder (docs/backup.md)`,
      );
