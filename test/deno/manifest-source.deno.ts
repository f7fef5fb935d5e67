import { manifestSourceContract } from "../contract/manifest-source.ts";
import { openNative } from "../fixtures/native-engine.ts";
import { harness } from "./harness.ts";

const native = openNative();

manifestSourceContract("NativeEngine", () => native, harness);
