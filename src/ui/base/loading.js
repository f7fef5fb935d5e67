import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/**
 * Something that is loaded: its last value, and what the last try failed with.
 *
 * @template T
 * @typedef {{ value: T | undefined, problem: Error | undefined, reload: () => void, patch: (change: (value: T | undefined) => T | undefined) => void }} Loaded
 */

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
export const sleep = (ms, signal) =>
  new Promise((resolve) => {
    // A view may sleep thousands of times on one signal.
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });

/** Resolves when somebody can see the page. @returns {Promise<void>} */
export const visible = () =>
  new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });

/** Whether somebody has given up waiting. @param {unknown} error */
const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * Loads something, again when `deps` change, and again and again while `everyMs` says so and the page is looked at.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {readonly unknown[]} deps
 * @param {(value: T | undefined) => number | undefined} [everyMs] how long after an answer to ask again, if at all
 * @returns {Loaded<T>}
 */
export function useLoaded(load, deps, everyMs = () => undefined) {
  const [value, setValue] = useState(/** @type {T | undefined} */ (undefined));
  const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
  const [round, setRound] = useState(0);
  const shown = useRef(/** @type {readonly unknown[]} */ ([]));
  useEffect(() => {
    const aborter = new AbortController();
    const { signal } = aborter;
    // Of something else: nothing of it is shown any longer.
    if (shown.current.some((dep, at) => dep !== deps[at])) setValue(undefined);
    shown.current = deps;
    const run = async () => {
      for (;;) {
        /** @type {T | undefined} */
        let loaded;
        try {
          loaded = await load(signal);
          if (signal.aborted) return;
          setValue(() => loaded);
          setProblem(undefined);
        } catch (error) {
          if (signal.aborted || isAbort(error)) return;
          setProblem(/** @type {Error} */ (error));
        }
        const pauseMs = everyMs(loaded);
        if (pauseMs === undefined) return;
        await sleep(pauseMs, signal);
        await visible();
        if (signal.aborted) return;
      }
    };
    void run();
    return () => aborter.abort();
  }, [...deps, round]);
  const reload = useCallback(() => setRound((one) => one + 1), []);
  return { value, problem, reload, patch: setValue };
}

/**
 * A function that does something soon, however often it is called until then.
 *
 * @param {() => void} act
 * @param {number} ms
 */
export function useSoon(act, ms) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      act();
    }, ms);
  }, [act, ms]);
}

/**
 * A button's work: whether it is under way, and what it failed with.
 *
 * @template {unknown[]} Args
 * @param {(...args: Args) => Promise<void>} work
 */
export function useWork(work) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
  const start = async (/** @type {Args} */ ...args) => {
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await work(...args);
    } catch (error) {
      setProblem(/** @type {Error} */ (error));
    }
    setBusy(false);
  };
  return { isBusy, problem, start };
}
