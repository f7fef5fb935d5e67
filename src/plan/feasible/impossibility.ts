import type { ErrorCode } from "../../task/errors.ts";

/** Why a rendition cannot be made here, whatever the source; `encoder_missing` if another machine might make it. */
export type Impossibility = {
  readonly code: Extract<ErrorCode, "output_not_supported" | "encoder_missing">;
  readonly message: string;
};
