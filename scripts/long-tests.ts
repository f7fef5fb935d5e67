/**
 * The files of tests that take longest, with the seconds that each took beside one other on two cores, as `verify` lists them.
 * They are started in this order: roughly right is enough.
 */
export const LONG_TESTS: Readonly<Record<string, number>> = {
  "test/corpus/native.test.ts": 165,
  "test/corpus/wasm.test.ts": 170,
  "test/line/egress.test.ts": 144,
  "test/simulation/first-half.test.ts": 90,
  "test/simulation/second-half.test.ts": 90,
  "test/plan/real/real-sync.test.ts": 79,
  "test/line/live-manifests.test.ts": 59,
  "test/line/live-protocols.test.ts": 42,
  "test/line/live-tls.test.ts": 41,
  "test/line/live-egress.test.ts": 40,
  "test/line/live-rtmp.test.ts": 38,
  "test/line/live-adaptive.test.ts": 36,
  "test/line/manifests.test.ts": 36,
  "test/line/live-choices.test.ts": 34,
  "test/line/cut-outputs.test.ts": 33,
  "test/line/live-changes.test.ts": 32,
  "test/line/live-codecs.test.ts": 31,
  "test/line/live-secrets.test.ts": 31,
  "test/line/live-sets.test.ts": 30,
  "test/line/live-deno.test.ts": 26,
  "test/plan/real/real-sound.test.ts": 26,
  "test/engine/relay/srt-relay.test.ts": 25,
  "test/line/live-servers.test.ts": 23,
  "test/plan/real/real-copy.test.ts": 22,
  "test/plan/real/real-length.test.ts": 21,
  "test/line/kept-encode.test.ts": 20,
  "test/line/bounds.test.ts": 18,
  "test/plan/real/real-hidden.test.ts": 18,
};
