import { setDefaultTimeout } from "bun:test";
import { openNative } from "../fixtures/native-engine.ts";
import { corpusSuite } from "./suite.ts";

// The first of several files that share a core waits longest.
setDefaultTimeout(120_000);

corpusSuite("the machine's ffmpeg", openNative);
