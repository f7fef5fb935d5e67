import type { Hono } from "hono";
import { HonoBase } from "hono/hono-base";
import type { Result, Router } from "hono/router";
import type { RegExpRouter } from "hono/router/reg-exp-router";
import type { BlankEnv, BlankSchema } from "hono/types";
import { onceLoaded } from "../../lib/once.ts";

/** What marks a path that has parameters. */
const PARAMETER = /:|\*/;

/** What finds calls by patterns, once it is loaded. */
let patterns: typeof RegExpRouter | undefined;

/** Loads what finds calls by patterns: a start, and a create as the first call, need none. */
export const loadPatterns = onceLoaded(async (): Promise<void> => {
  patterns = (await import("hono/router/reg-exp-router")).RegExpRouter;
});

/**
 * Finds the handler of a call: paths without parameters by a look into a table, as a create is found, all others by one regular
 * expression. Hono's own choice would be its slowest router, which took a twentieth of a create: the regular expression cannot hold
 * `plan` beside `{task_id}`.
 */
export class CallRouter<T> implements Router<T> {
  readonly name = "CallRouter";
  readonly #plain = new Map<string, Map<string, Result<T>>>();
  /** Added to the others when something is first looked for among them. */
  #patterns: (readonly [method: string, path: string, handler: T])[] = [];
  #others: RegExpRouter<T> | undefined;

  add(method: string, path: string, handler: T): void {
    if (PARAMETER.test(path)) {
      this.#patterns.push([method, path, handler]);
      return;
    }
    const ofMethod = this.#plain.get(method) ?? new Map<string, Result<T>>();
    ofMethod.set(path, [[[handler, {}]]]);
    this.#plain.set(method, ofMethod);
  }

  /** Whether a call is found without patterns. */
  isPlain(method: string, path: string): boolean {
    return this.#plain.get(method)?.has(path) === true;
  }

  /** @throws {Error} if it takes patterns, and these are not loaded (`loadPatterns`) */
  match(method: string, path: string): Result<T> {
    return this.#plain.get(method)?.get(path) ?? this.#byPattern().match(method, path);
  }

  #byPattern(): RegExpRouter<T> {
    if (!patterns)
      throw new Error("Cannot find a call by its pattern: what does that is not loaded");
    this.#others ??= new patterns<T>();
    for (const [method, path, handler] of this.#patterns.splice(0))
      this.#others.add(method, path, handler);
    return this.#others;
  }
}

/** An app with this router; Hono's own class would load all of its routers. */
export const newApp = (): Hono =>
  new HonoBase<BlankEnv, BlankSchema, "/">({ router: new CallRouter() });

/** What an app has to wait for before it can answer a request: that patterns are loaded. Undefined if it can at once. */
export function patternsFor(app: Hono, request: Request): Promise<void> | undefined {
  if (patterns) return undefined;
  const { router } = app;
  const isPlain =
    router instanceof CallRouter && router.isPlain(request.method, app.getPath(request));
  return isPlain ? undefined : loadPatterns();
}
