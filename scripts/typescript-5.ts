import { plugin } from "bun";

/**
 * Gives this process TypeScript 5 under its own name. Generators of code build syntax trees by its programming interface, which
 * TypeScript 7, the compiler of this repository, does not have.
 */
export function provideTypeScript5(): void {
  plugin({
    name: "typescript-5",
    setup(build) {
      build.module("typescript", async () => {
        const { default: typescript } = await import("typescript-5");
        return { exports: { ...typescript, default: typescript }, loader: "object" };
      });
    },
  });
}
