/** Returns what was made under a name, and makes it where it was not. */
export function once<Name, Made>(made: Map<Name, Made>, name: Name, make: () => Made): Made {
  const kept = made.get(name)
  if (kept !== undefined) return kept
  const fresh = make()
  made.set(name, fresh)
  return fresh
}
