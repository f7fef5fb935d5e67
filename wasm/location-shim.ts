// The core reads `self.location.href` while it loads. Bun's workers have no location; the value itself is not used.
if (globalThis.location === undefined)
  Object.defineProperty(globalThis, "location", { value: { href: import.meta.url } });
