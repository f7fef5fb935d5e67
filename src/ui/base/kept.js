/** What was kept of an earlier visit. Browsers that keep nothing refuse even to be asked. @param {string} name */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // It holds for this visit.
  }
}
