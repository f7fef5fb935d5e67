// The published worker as it is, with the one global that it needs and Bun's workers do not have.
import "../wasm/location-shim.ts";
import "../node_modules/@ffmpeg/ffmpeg/dist/esm/worker.js";
