/** Returns a function that keeps what `make` returns for each of the `most` names that were made last. */
export function createBoundedCache<Name, Made>(most: number, make: (name: Name) => Made): (name: Name) => Made {
  const kept = new Map<Name, Made>()
  return (name) => {
    const found = kept.get(name)
    if (found !== undefined) return found
    if (kept.size >= most) for (const oldest of kept.keys()) if (kept.delete(oldest)) break
    const made = make(name)
    kept.set(name, made)
    return made
  }
}
