import "./location-shim.ts";
import type { Core } from "./emscripten.ts";
import { CANCEL, CONTROL } from "./protocol.ts";

/** libvpx-vp9 overflows the 64 KiB of stack that the core was built with, and then writes into its own heap. */
const STACK_BYTES = 8 * 1024 * 1024;
/** The core's glue swallows errors whose message starts like this: `exec` returns, and the caller checks the flag. */
const CANCELLED = "Aborted: cancelled";

type Imports = { readonly a: Record<string, WebAssembly.ImportValue> };
type CreateCore = (options: {
  readonly instantiateWasm: (
    imports: Imports,
    receive: (made: WebAssembly.Instance) => void,
  ) => object;
  readonly mainScriptUrlOrBlob: string;
}) => Promise<Core>;

/**
 * Makes an instance of the core from the compiled module.
 *
 * Each of its calls to the outside counts as a sign of life, and is where it can be stopped: softly, as by its own time limit, or
 * hard, by an error that unwinds it at once.
 */
export async function createCore(
  coreURL: string,
  module: WebAssembly.Module,
  control: Int32Array,
): Promise<Core> {
  const { default: create } = (await import(coreURL)) as { readonly default: CreateCore };
  let core: Core | undefined;
  const onCall = (): void => {
    Atomics.add(control, CONTROL.calls, 1);
    const cancel = Atomics.load(control, CONTROL.cancel);
    if (cancel === CANCEL.hard) throw new Error(CANCELLED);
    if (cancel === CANCEL.soft) core?.setTimeout(0);
  };
  const failed = Promise.withResolvers<never>();
  const made = create({
    instantiateWasm: (imports, receive) => {
      const observed = observe(imports, onCall);
      WebAssembly.instantiate(module, observed).then(receive, failed.reject);
      return {};
    },
    // The glue locates its files by the part after the `#`; the one it asks for is given above.
    mainScriptUrlOrBlob: `core#${btoa(JSON.stringify({ wasmURL: "core.wasm", workerURL: "" }))}`,
  });
  core = await Promise.race([made, failed.promise]);
  enlargeStack(core);
  return core;
}

function observe(imports: Imports, onCall: () => void): WebAssembly.Imports {
  const entries = Object.entries(imports.a).map(([name, value]) => {
    if (typeof value !== "function") return [name, value];
    const observed = (...args: readonly unknown[]): unknown => {
      onCall();
      return value(...args);
    };
    return [name, observed];
  });
  return { a: Object.fromEntries(entries) };
}

function enlargeStack(core: Core): void {
  const end = core._malloc(STACK_BYTES) + STACK_BYTES;
  core.asm.Ea(end & ~15);
}
